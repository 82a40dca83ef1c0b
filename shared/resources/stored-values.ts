import { z } from 'zod'
import { limits } from '../limits.ts'
import { text } from '../text.ts'

/** Values that many answers show as they are stored. Their bounds are those of the database. */

export const storedId = text(1, 128)
export const storedInstant = z.iso.datetime({ offset: true })

/** A company as the answers about its contacts name it. */
export const companyNamedSchema = z.object({ id: storedId, name: text(1, limits.nameCharactersMax) })
