/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands for rpmsg-lite's header of this name in tests: what the shim calls of it. */
#ifndef STACK_VIRTQUEUE_H
#define STACK_VIRTQUEUE_H

struct virtqueue;

void virtqueue_notification(struct virtqueue *vq);

#endif
