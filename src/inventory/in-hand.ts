/**
 * What operations that have not ended may change of a function. What they do is no news and no drift; what others do to
 * it meanwhile, which can be for hours, is.
 */
export type InHand =
  /** One decides about it: whatever differs is judged when that has ended. */
  | 'all'
  /** It is to stay; whether its VFs are enabled, one changes. */
  | 'vfs'
  /** It is to stay as it is. */
  | 'stays'
  | 'nothing'
