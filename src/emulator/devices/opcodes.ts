/** Admin opcodes, and which of them change nothing. Source: NVMe Base 2.1, "Opcodes for Admin Commands". */
export const OPCODE = {
  deleteSubmissionQueue: 0x00,
  createSubmissionQueue: 0x01,
  getLogPage: 0x02,
  deleteCompletionQueue: 0x04,
  createCompletionQueue: 0x05,
  identify: 0x06,
  abort: 0x08,
  setFeatures: 0x09,
  getFeatures: 0x0a,
  asynchronousEventRequest: 0x0c,
  namespaceManagement: 0x0d,
  namespaceAttachment: 0x15,
  directiveSend: 0x19,
  directiveReceive: 0x1a,
  virtualizationManagement: 0x1c,
  doorbellBufferConfig: 0x7c,
  formatNvm: 0x80,
  sanitize: 0x84,
} as const

const CHANGES_NOTHING: ReadonlySet<number> = new Set([
  OPCODE.getLogPage,
  OPCODE.identify,
  OPCODE.abort,
  OPCODE.getFeatures,
  OPCODE.asynchronousEventRequest,
  OPCODE.directiveReceive,
])

/** Whether a command of that opcode may change a drive: what a journal keeps and a transcript shows. */
export function mayChangeTheDrive(opcode: number): boolean {
  return !CHANGES_NOTHING.has(opcode)
}
