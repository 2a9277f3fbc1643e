/* SPDX-License-Identifier: BSD-3-Clause */
/* IOMMUs: none, as on ZynqMP's R5F. struct rproc never gets has_iommu, and whoever maps all the same is told. */
#ifndef HOST_SHIM_LINUX_IOMMU_H
#define HOST_SHIM_LINUX_IOMMU_H

#include <linux/bug.h>
#include <linux/device.h>
#include <linux/errno.h>

struct iommu_domain;

typedef int (*iommu_fault_handler_t)(struct iommu_domain *domain, struct device *dev, unsigned long iova, int flags,
				     void *token);

#define iommu_domain_alloc(bus) ((void)(bus), (struct iommu_domain *)NULL)
#define iommu_paging_domain_alloc(dev) ((void)(dev), (struct iommu_domain *)ERR_PTR(-ENODEV))
#define iommu_set_fault_handler(domain, handler, token) ((void)(domain), (void)(handler), (void)(token))
#define iommu_attach_device(domain, dev) ((void)(domain), (void)(dev), -ENODEV)
#define iommu_detach_device(domain, dev) ((void)(domain), (void)(dev))
#define iommu_domain_free(domain) ((void)(domain))
#define iommu_map(domain, iova, ...) ((void)(domain), (void)(iova), -ENODEV)
#define iommu_unmap(domain, iova, size) ((void)(domain), (void)(iova), (void)(size), (size_t)0)

#endif
