import { deleted, inserted, type Place, quoted, type ResourceCase, updated } from './case.ts'

const company = (place: Place, id: string) =>
  inserted('companies', place, {
    ...{ id, name: `Zqname ${id} ${place.mark}`, created_at: place.now, updated_at: place.now },
  })

const domain = (place: Place, name: string, companyId: string) =>
  inserted('company_domains', place, { domain: name, company_id: companyId, created_at: place.now })

const thread = (place: Place, id: string) =>
  inserted('threads', place, {
    ...{ id, subject: `Zqsubject ${place.mark}`, created_at: place.now, updated_at: place.now },
  })

const communication = (place: Place, id: string, more: Parameters<typeof inserted>[2] = {}) =>
  inserted('communications', place, {
    ...{
      id,
      direction: 'inbound',
      from_address: 'zqmail.from@zqmail.example',
      subject: `Zqsubject ${place.mark}`,
    },
    ...{ body: 'Zqmessage', sent_at: place.now },
    ...more,
  })

const attachment = (place: Place, communicationId: string) =>
  inserted('communication_attachments', place, {
    ...{ communication_id: communicationId, position: 0, name: `zqname-${place.mark}.pdf` },
    ...{ content_type: 'application/pdf', size_bytes: 12_345 },
  })

export const companyByDomain: ResourceCase = {
  content: (place) => `${company(place, 'company')} ${domain(place, 'zqdomain.example', 'company')}`,
  there: () => '/api/companies/by-domain?domain=https%3A%2F%2Fwww.Zqdomain.example%2Fabout',
  notThere: () => '/api/companies/by-domain?domain=zqdomain-later.example',
  write: (place) =>
    updated('companies', place, `name = ${quoted(`Zqname renamed ${place.mark}`)}`, `id = 'company'`),
  deletion: (place) => deleted('companies', place, `id = 'company'`),
  creation: (place) =>
    `${company(place, 'company-later')} ${domain(place, 'zqdomain-later.example', 'company-later')}`,
}

export const companyCommunications: ResourceCase = {
  content: (place) =>
    `${company(place, 'written-to')} ${communication(place, 'to-company', { company_id: 'written-to' })}`,
  there: () => '/api/companies/written-to/communications?limit=5',
  notThere: () => '/api/companies/written-to-later/communications?limit=5',
  write: (place) => communication(place, 'to-company-2', { company_id: 'written-to' }),
  deletion: (place) => deleted('communications', place, `company_id = 'written-to'`),
  creation: (place) => company(place, 'written-to-later'),
}

export const oneThread: ResourceCase = {
  content: (place) =>
    `${thread(place, 'thread')} ${communication(place, 'in-thread', { thread_id: 'thread' })}`,
  there: () => '/api/threads/thread',
  notThere: () => '/api/threads/thread-later',
  write: (place) => communication(place, 'in-thread-2', { thread_id: 'thread' }),
  deletion: (place) => deleted('threads', place, `id = 'thread'`),
  creation: (place) => thread(place, 'thread-later'),
}

export const communicationAttachments: ResourceCase = {
  content: (place) => `${communication(place, 'with-files')} ${attachment(place, 'with-files')}`,
  there: () => '/api/communications/with-files/attachments',
  notThere: () => '/api/communications/with-files-later/attachments',
  write: (place) =>
    updated('communication_attachments', place, 'size_bytes = 54321', `communication_id = 'with-files'`),
  deletion: (place) => deleted('communications', place, `id = 'with-files'`),
  creation: (place) => communication(place, 'with-files-later'),
}
