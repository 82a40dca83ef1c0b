import { z } from 'zod'
import { folderSchema } from '../../ids.ts'
import { limits } from '../../limits.ts'
import { familyTag, mailboxTags, workspaceTag } from '../../tags/tags.ts'
import { text } from '../../text.ts'
import { wholeNumber } from '../../whole-number.ts'
import { defineResource } from '../resource.ts'
import { storedId, storedInstant } from '../stored-values.ts'

/** A message of a mailbox as a list shows it. */
export const mailboxMessageSchema = z.object({
  id: storedId,
  from_address: text(1, limits.emailCharactersMax),
  from_name: text(1, limits.nameCharactersMax).nullable(),
  subject: text(0, limits.mailboxSubjectCharactersMax),
  preview: text(0, limits.mailboxPreviewCharactersMax),
  is_read: z.boolean(),
  received_at: storedInstant,
})

const data = z.object({
  folder: storedId,
  /** When the CRM's backend last put the folder. */
  synced_at: storedInstant,
  messages: z.array(mailboxMessageSchema).max(limits.mailboxPerPage),
  pagination: z.object({
    page: z.int(),
    per_page: z.int(),
    /** Counted up to the last page that can be read. */
    total: z.int(),
    /** Present if the folder has more messages than were counted. */
    total_is_estimate: z.literal(true).optional(),
    total_pages: z.int(),
  }),
})

/** A page of a folder of the caller's mailbox (SPEC 9), newest first. */
export const mailbox = defineResource({
  name: 'mailbox',
  summary: "A page of a folder of the caller's mailbox",
  description: `The folder as the CRM's backend last put it, newest first, ${limits.mailboxPerPage} messages on a page. A page past the end has no messages and the true totals. The backend names the user in \`X-User-ID\`.`,
  route: '/api/mailboxes/me/{folder}',
  path: z.strictObject({ folder: folderSchema }),
  query: z.strictObject({ page: wholeNumber(1, limits.mailboxPageMax).default(1) }),
  params: z.strictObject({ folder: folderSchema, page: z.int().min(1).max(limits.mailboxPageMax) }),
  data,
  version: 1,
  namespace: 'emailCache',
  callers: ['member', 'service'],
  sharing: 'user',
  changes: 'writes',
  lifetime: 300,
  toggle: true,
  absence: { code: 'not_found', sentence: "The user's mailbox in this workspace has no such folder." },
  paramsOf: ({ folder }, { page }) => ({ folder, page }),
  tags: ({ folder }, owner) => [
    workspaceTag,
    ...(owner === null ? [familyTag('mailbox')] : mailboxTags(owner, folder)),
  ],
  example: {
    path: { folder: 'inbox' },
    query: {},
    data: {
      folder: 'inbox',
      synced_at: '2026-01-31T12:00:00.000000+00:00',
      messages: [
        {
          id: 'mail_1',
          from_address: 'ann.lee@example.com',
          from_name: 'Ann Lee',
          subject: 'Your offer',
          preview: 'Thank you, I would like to …',
          is_read: false,
          received_at: '2026-01-31T11:58:00.000000+00:00',
        },
      ],
      pagination: { page: 1, per_page: 50, total: 1, total_pages: 1 },
    },
  },
})
