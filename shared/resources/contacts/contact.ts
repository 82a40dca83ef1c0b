import { z } from 'zod'
import { contactIdSchema } from '../../ids.ts'
import { thingTags, workspaceTag } from '../../tags/tags.ts'
import { defineResource } from '../resource.ts'
import { exampleContact, wholeContactSchema } from './whole-contact.ts'

const path = z.strictObject({ id: contactIdSchema })

/** A contact (SPEC 9). */
export const contact = defineResource({
  name: 'contact',
  summary: 'A contact',
  description: 'All fields of a contact, with those that pages of a board leave out.',
  route: '/api/contacts/{id}',
  path,
  query: z.strictObject({}),
  params: path,
  data: z.object({ contact: wholeContactSchema }),
  version: 1,
  callers: ['member', 'service'],
  sharing: 'workspace',
  changes: 'writes',
  lifetime: 600,
  toggle: true,
  absence: { code: 'contact_not_found' },
  paramsOf: ({ id }) => ({ id }),
  tags: ({ id }) => [workspaceTag, ...thingTags('contact', id)],
  example: { path: { id: 'contact_000042' }, query: {}, data: { contact: exampleContact } },
})
