import { Type } from 'typebox'

/** Path parameter of a single resource. */
export const idOf = (what: string) =>
  Type.Object({
    id: Type.String({ minLength: 1, maxLength: 100, description: `Id of ${what}` }),
  })

/** Filter of a list. An id that nobody has gives an empty list. */
export const filterBy = (what: string) =>
  Type.Optional(
    Type.String({ minLength: 1, maxLength: 100, description: `Only those of this ${what}` })
  )
