import type { ContactId } from '../../ids.ts'
import type { Tag } from '../../tags/tags.ts'
import { bucketTag, familyTag, settingsTag, workspaceTag } from '../../tags/tags.ts'

/**
 * The tags of an answer about a lead's conversations. A lead is a contact, and a contact that appears or vanishes moves its
 * conversations too, so that these tags also tell when there is no such lead.
 */
export function conversationTags(id: ContactId): Tag[] {
  return [workspaceTag, familyTag('conversation'), bucketTag('conversation', id)]
}

/** The tags of an answer that names the lead and the organization besides. The name of a workspace moves with its settings. */
export function leadTags(id: ContactId): Tag[] {
  return [
    ...conversationTags(id),
    familyTag('contact'),
    bucketTag('contact', id),
    familyTag('config'),
    settingsTag,
  ]
}

/** The tags of the company that a lead names, whether or not it exists. */
export function companyTags(companyId: string | null): Tag[] {
  return companyId === null ? [] : [familyTag('company'), bucketTag('company', companyId)]
}
