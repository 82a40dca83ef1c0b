import { deleted, inserted, type Place, quoted, type ResourceCase, updated } from './case.ts'

/** A number belongs to one workspace, so each workspace has its own. */
const numberOf = ({ workspaceId }: Place) => (workspaceId === '15213' ? '+14155550132' : '+14155550133')
const laterNumberOf = ({ workspaceId }: Place) => (workspaceId === '15213' ? '+14155550142' : '+14155550143')
const asked = (phone: string) => `/api/organizations/by-phone?phone=${encodeURIComponent(phone)}`
const phoneNumber = (place: Place, phone: string) =>
  inserted('phone_numbers', place, { phone, label: `Zqlabel ${place.mark}`, created_at: place.now })

export const organizationByPhone: ResourceCase = {
  content: (place) => phoneNumber(place, numberOf(place)),
  there: (place) => asked(numberOf(place)),
  notThere: (place) => asked(laterNumberOf(place)),
  write: (place) =>
    updated('phone_numbers', place, `label = 'Zqlabel again'`, `phone = '${numberOf(place)}'`),
  deletion: (place) => deleted('phone_numbers', place, `phone = '${numberOf(place)}'`),
  creation: (place) => phoneNumber(place, laterNumberOf(place)),
}

const permission = (place: Place, name: string, isAllowed: boolean) =>
  ['admin', 'member']
    .map((role) => inserted('role_permissions', place, { role, permission: name, is_allowed: isAllowed }))
    .join('\n')

/** The permissions of a role are never absent. */
export const permissions: ResourceCase = {
  content: (place) => permission(place, place.mark, true),
  there: () => '/api/users/me/permissions',
  notThere: () => '/api/users/me/permissions',
  write: (place) => permission(place, 'zqcase.write', true),
  deletion: (place) => deleted('role_permissions', place, `permission = 'zqcase.write'`),
  creation: (place) => permission(place, 'zqcase.creation', true),
}

const source = (place: Place, id: string) =>
  inserted('webhook_sources', place, {
    ...{ id, name: `Zqname ${place.mark}`, kind: 'stripe', created_at: place.now, updated_at: place.now },
  })

/** A list is never absent. */
export const webhookSources: ResourceCase = {
  content: (place) => source(place, 'source'),
  there: () => '/api/webhook-sources',
  notThere: () => '/api/webhook-sources',
  write: (place) => updated('webhook_sources', place, 'is_active = not is_active', `id = 'source'`),
  deletion: (place) => deleted('webhook_sources', place, `id = 'source'`),
  creation: (place) => source(place, 'source-later'),
}

/** A configuration is never absent: without a row, a workspace has the default one. */
export const workspaceConfig: ResourceCase = {
  content: () => '',
  there: () => '/api/workspace/config',
  notThere: () => '/api/workspace/config',
  write: (place) => updated('workspace_configurations', place, `time_zone = 'Europe/Berlin'`, 'true'),
  deletion: (place) => deleted('workspace_configurations', place, 'true'),
  creation: (place) => `
    insert into public.workspace_configurations (workspace_id, language, region, updated_at)
      values (${quoted(place.workspaceId)}, 'de', 'DE', ${quoted(place.now)})
      on conflict (workspace_id) do update set language = excluded.language, region = excluded.region;`,
}

const mail = (place: Place, folder: string, id: string) =>
  inserted('mailbox_messages', place, {
    ...{ user_id: place.userId, folder, id, from_address: 'zqmail.from@zqmail.example' },
    ...{ subject: `Zqsubject ${place.mark}`, received_at: place.now },
  })
const folder = (place: Place, name: string) =>
  inserted('mailbox_folders', place, { user_id: place.userId, folder: name, synced_at: place.now })

export const mailbox: ResourceCase = {
  content: (place) => `${folder(place, 'case')} ${mail(place, 'case', 'mail-1')}`,
  there: () => '/api/mailboxes/me/case?page=1',
  notThere: () => '/api/mailboxes/me/case-later?page=1',
  write: (place) => mail(place, 'case', 'mail-2'),
  deletion: (place) => deleted('mailbox_folders', place, `folder = 'case'`),
  creation: (place) => folder(place, 'case-later'),
}
