/**
 * How long the emulated kernel takes, milliseconds by the clock. What the lab measured under emulation of a CPU is several
 * times what a real one takes; those numbers that Linux sleeps for are Linux's.
 */
export type Timing = {
  /** From nvme's probe to a live controller: admin queue, Identify, I/O queues. The lab: 0.1 s and less. */
  readonly probeMs: number
  /** From live, or from an asynchronous event, to the disks: nvme_scan_work. The lab: under 0.5 s. */
  readonly scanMs: number
  /** Until nvme gives up an offline VF, which has CAP.TO 0. The lab: 0.5 s. */
  readonly giveUpMs: number
  /** A Controller Reset, queues set up again. The lab: 0.1 to 0.25 s. */
  readonly controllerResetMs: number
  /** Linux drivers/pci/pci.c, pcie_flr: msleep(100). */
  readonly functionResetMs: number
  /** For a function that does not answer after it. Linux drivers/pci/pci.c, PCIE_RESET_READY_POLL_MS. */
  readonly resetGivesUpMs: number
  /** Linux drivers/pci/iov.c, sriov_enable: msleep(100) after VF Enable. */
  readonly enableVfsMs: number
  /** Linux drivers/pci/iov.c, sriov_disable: ssleep(1) after VF Enable is cleared. */
  readonly disableVfsMs: number
  /** Linux drivers/nvme/host/core.c, admin_timeout: 60 s. */
  readonly adminTimeoutMs: number
  /** Linux drivers/nvme/host/core.c, nvme_io_timeout: 30 s. */
  readonly ioTimeoutMs: number
  /** Of the time that a drive takes for a Format. */
  readonly formatShare: number
}

export const KERNEL_TIMING: Timing = {
  probeMs: 40,
  scanMs: 10,
  giveUpMs: 500,
  controllerResetMs: 100,
  functionResetMs: 100,
  resetGivesUpMs: 60_000,
  enableVfsMs: 100,
  disableVfsMs: 1_000,
  adminTimeoutMs: 60_000,
  ioTimeoutMs: 30_000,
  formatShare: 1,
}

/** Everything at once, but what has to time out by itself: for tests of something else, and while a machine boots. */
export const AT_ONCE: Timing = {
  probeMs: 0,
  scanMs: 0,
  giveUpMs: 0,
  controllerResetMs: 0,
  functionResetMs: 0,
  resetGivesUpMs: 0,
  enableVfsMs: 0,
  disableVfsMs: 0,
  adminTimeoutMs: 0,
  ioTimeoutMs: 30_000,
  formatShare: 0,
}
