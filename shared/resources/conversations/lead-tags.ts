import type { ContactId } from '../../ids.ts'
import type { Tag } from '../../tags/tags.ts'
import { configTag, settingsTag, thingTags, workspaceTag } from '../../tags/tags.ts'

/**
 * The tags of an answer about a lead's conversations. A lead is a contact, and a contact that appears or vanishes moves its
 * conversations too, so that these tags also tell when there is no such lead.
 */
export function conversationTags(id: ContactId): Tag[] {
  return [workspaceTag, ...thingTags('conversation', id)]
}

/** The tags of an answer that names the lead and the organization besides. The name of a workspace moves with its settings. */
export function leadTags(id: ContactId): Tag[] {
  return [...conversationTags(id), ...thingTags('contact', id), configTag, settingsTag]
}
