/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands for rpmsg-lite's header of this name in tests, which have no rpmsg-lite: the options as the shim sets them. */
#include <rpmsg_config.h>
