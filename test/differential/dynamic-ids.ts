/** Ids that sequences give to drivers by new_id. In a file of its own: the program in the guest loads no fast-check. */
export const DYNAMIC_IDS = [
  '1b36 0010',
  '1b36 0010 1af4 1100',
  '0x1b36 0x10 ffffffff ffffffff 010802 ffffff',
  '144d a824',
  '8086 2922 1af4 1100 010601 ffffff 0',
]
