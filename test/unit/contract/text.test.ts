import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  contactChangeSchema,
  contactCreationSchema,
  contactMoveSchema,
} from '../../../shared/contract/contacts.ts'
import { cursorSchema } from '../../../shared/contract/cursor.ts'
import { invalidationBatchSchema, outboxBatchSchema } from '../../../shared/contract/invalidation.ts'
import { loadRequestSchema } from '../../../shared/contract/origin.ts'
import { cacheSettingsChangeSchema } from '../../../shared/contract/settings.ts'
import {
  boardIdSchema,
  columnIdSchema,
  contactIdSchema,
  userIdSchema,
  workspaceIdSchema,
} from '../../../shared/ids.ts'
import { resources } from '../../../shared/resources/index.ts'
import { isStorable } from '../../../shared/text.ts'
import { anyText, unstorableText } from '../../support/storable-text.ts'

test('text is storable if it has no NUL and comes back the same from UTF-8, and only then', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const stored = new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text))
      expect(isStorable(text)).toBe(stored === text && !text.includes('\0'))
    }),
  )
})

/** The schemas within a schema that take text, by their path. */
function textsIn(schema: unknown, path = ''): [string, z.ZodType][] {
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([name, inner]) => textsIn(inner, `${path}.${name}`))
  }
  if (schema instanceof z.ZodArray) return textsIn(schema.element, `${path}.*`)
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => textsIn(option, path))
  if (schema instanceof z.ZodRecord)
    return [...textsIn(schema.keyType, path), ...textsIn(schema.valueType, path)]
  if (schema instanceof z.ZodPipe) return textsIn(schema.in, path)
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return textsIn(schema.unwrap(), path)
  }
  return schema instanceof z.ZodType && ['string', 'template_literal'].includes(schema.def.type)
    ? [[path, schema]]
    : []
}

describe('text from outside that cannot be stored is refused', () => {
  const schemas: Record<string, z.ZodType> = {
    ...{ contactCreationSchema, contactChangeSchema, contactMoveSchema, cursorSchema },
    ...{ invalidationBatchSchema, outboxBatchSchema, loadRequestSchema, cacheSettingsChangeSchema },
    ...{ boardIdSchema, columnIdSchema, contactIdSchema, userIdSchema, workspaceIdSchema },
  }
  for (const { name, path, query, params } of resources) {
    Object.assign(schemas, { [`${name} path`]: path, [`${name} query`]: query, [`${name} params`]: params })
  }
  const texts = Object.entries(schemas).flatMap(([name, schema]) => textsIn(schema, name))

  test('wherever a schema accepts text', () => {
    const paths = texts.map(([path]) => path)
    for (const path of [
      'contactCreationSchema.name',
      'contactCreationSchema.tags.*',
      'contactCreationSchema.created_at',
      'contactChangeSchema.last_message',
      'cursorSchema.id',
      'invalidationBatchSchema.events.*.eventId',
      'outboxBatchSchema.outbox.*.tags.*',
      'contact-list query.search',
      'contact-list params.cursor',
    ]) {
      expect(paths).toContain(path)
    }
  })

  test.each(texts)('at %s', (_path, schema) => {
    fc.assert(
      fc.property(unstorableText, (text) => {
        expect(schema.safeParse(text).success).toBe(false)
      }),
      { numRuns: 50 },
    )
  })
})
