/** Nobody can tell before the changes are made: what a drive will answer that does not answer now, what a block holds. */
export class Unforeseen extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'Unforeseen'
  }
}
