/** Maximum Data Transfer Size, alike for all emulated drives: QEMU's. Source: QEMU hw/nvme/ctrl.c, nvme_check_mdts. */
const SMALLEST_PAGE_BYTES = 4096

/** As a power of two of pages: 512 KiB. */
export const MDTS = 7
export const MOST_TRANSFER_BYTES = SMALLEST_PAGE_BYTES * 2 ** MDTS
