/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The platform that OpenAMP's applications link with, on the bench: five functions by the names and types that those
 * of openamp-system-reference call. For either role, chosen when the rpmsg device is created.
 */
#ifndef REMOTE_SHIM_OPEN_AMP_PLATFORM_INFO_H
#define REMOTE_SHIM_OPEN_AMP_PLATFORM_INFO_H

#include <openamp/remoteproc.h>
#include <openamp/rpmsg.h>
#include <openamp/virtio.h>

/* 0, or a negative number: no mailbox, or a region is missing. `*platform` is what the others take. */
int platform_init(int argc, char *argv[], void **platform);
/*
 * As VIRTIO_DEV_DRIVER, the host: lays out the resource table, starts the remote processor, fills the rings. As
 * VIRTIO_DEV_DEVICE, the remote: returns when the host has said DRIVER_OK. NULL: it could not.
 */
struct rpmsg_device *platform_create_rpmsg_vdev(void *platform, unsigned int vdev_index, unsigned int role,
						void (*rst_cb)(struct virtio_device *vdev),
						rpmsg_ns_bind_cb ns_bind_cb);
/* Waits until the peer kicks, a millisecond at most, and lets open-amp look at its rings. 0, or open-amp's error. */
int platform_poll(void *platform);
void platform_release_rpmsg_vdev(struct rpmsg_device *rpdev, void *platform);
void platform_cleanup(void *platform);

#endif
