/* SPDX-License-Identifier: BSD-3-Clause */
/* Not a Xen guest. */
#ifndef HOST_SHIM_LINUX_XEN_XEN_H
#define HOST_SHIM_LINUX_XEN_XEN_H

#define xen_domain() false

#endif
