/**
 * What we ask of Linux, as values: the same data crosses to a lane's process, to an emulator's process, and is what a
 * fault is matched against and what a transcript holds.
 */
export type KernelCall =
  /** Whole text of a small file, trailing newline and all. */
  | { readonly call: 'read'; readonly path: string }
  /** Up to `length` bytes from the start of a binary file (PCI config space). */
  | { readonly call: 'readBytes'; readonly path: string; readonly length: number }
  | { readonly call: 'readLink'; readonly path: string }
  /** Names, sorted, without `.` and `..`. */
  | { readonly call: 'readDir'; readonly path: string }
  | { readonly call: 'exists'; readonly path: string }
  /** One write(2) of the whole text, the file opened without O_CREAT and O_TRUNC. */
  | { readonly call: 'write'; readonly path: string; readonly text: string }
  /** NVME_IOCTL_ADMIN_CMD on a controller's character device. */
  | { readonly call: 'admin'; readonly device: string; readonly command: AdminCommand }
  /** open(O_RDONLY | O_EXCL) of a block device, closed at once: EBUSY when something holds it exclusively. */
  | { readonly call: 'openExclusive'; readonly path: string }
  /**
   * open(O_RDWR | O_EXCL) of a block device, past the page cache, kept by the lane until it lets go or ends: EBUSY while
   * anybody else has it so, a mounted file system included. Held already: nothing happens.
   */
  | { readonly call: 'holdDisk'; readonly path: string }
  /** Held by nobody: nothing happens. */
  | { readonly call: 'letGoDisk'; readonly path: string }
  /**
   * From the drive itself, whatever is cached. `offset` and `length` in bytes, whole blocks; at most MAX_BLOCK_BYTES. EBADF
   * unless this lane holds the disk, as for the two below.
   */
  | {
      readonly call: 'readBlocks'
      readonly path: string
      readonly offset: number
      readonly length: number
    }
  /** Whole blocks, at most MAX_BLOCK_BYTES. On the drive when it answers. */
  | {
      readonly call: 'writeBlocks'
      readonly path: string
      readonly offset: number
      readonly bytes: Uint8Array
    }
  /** Writes zeroes, block by block: no command that may leave the old blocks where they are. At most MAX_ZERO_BYTES. */
  | {
      readonly call: 'writeZeroes'
      readonly path: string
      readonly offset: number
      readonly length: number
    }
  /** Opens /dev/vfio/N and closes it at once: EBUSY while a consumer has it. */
  | { readonly call: 'vfioGroupStatus'; readonly path: string }
  /** Processes that have the file open, or one of the others: found in one look at /proc/PID/fd. */
  | {
      readonly call: 'holders'
      readonly path: string
      readonly others?: readonly string[]
    }

export type WriteCall = Extract<KernelCall, { readonly call: 'write' }>
export type AdminCall = Extract<KernelCall, { readonly call: 'admin' }>
/** Of a disk that the lane holds. */
export type BlocksCall = Extract<
  KernelCall,
  { readonly call: 'writeBlocks' | 'writeZeroes' }
>

/** What one call reads or writes at most: it crosses to the lane as text. */
export const MAX_BLOCK_BYTES = 1 << 20
/** Short enough for a call to come back in a second or so. */
export const MAX_ZERO_BYTES = 32 << 20

/** What a call of each kind answers. */
export type KernelAnswers = {
  read: string
  readBytes: Uint8Array
  readLink: string
  readDir: readonly string[]
  exists: boolean
  write: null
  admin: AdminAnswer
  openExclusive: null
  holdDisk: null
  letGoDisk: null
  readBlocks: Uint8Array
  writeBlocks: null
  writeZeroes: null
  vfioGroupStatus: { readonly viable: boolean }
  holders: readonly DescriptorHolder[]
}

export type KernelAnswer<C extends KernelCall> = KernelAnswers[C['call']]

/** struct nvme_passthru_cmd, as far as we use it. Source: Linux include/uapi/linux/nvme_ioctl.h. */
export type AdminCommand = {
  readonly opcode: number
  readonly nsid?: number
  readonly cdw10?: number
  readonly cdw11?: number
  readonly cdw12?: number
  readonly cdw13?: number
  readonly cdw14?: number
  /** Data from the host to the controller, 4096 bytes; excludes `dataInLength`. */
  readonly dataOut?: Uint8Array
  /** Bytes wanted from the controller; excludes `dataOut`. */
  readonly dataInLength?: number
  /** Until the kernel gives it up and resets the controller; absent: its admin timeout, 60 s. */
  readonly timeoutMs?: number
}

export type AdminAnswer = {
  /** 15-bit status as Linux returns it: 0 success, DNR 4000h included. Mask with 7FFh before comparing. */
  readonly status: number
  /** Completion dword 0. */
  readonly result: number
  readonly data: Uint8Array
}

export type DescriptorHolder = {
  readonly pid: number
  /** What /proc/PID/comm holds. */
  readonly command: string
  /** Where several files were asked about: which of them it has open. */
  readonly paths?: readonly string[]
  /** A lane of nvirt's: this service's, or one that a former service left behind in a call. */
  readonly ours?: true
}
