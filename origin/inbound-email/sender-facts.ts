import type { InboundEmail, SenderFacts } from '../../shared/contract/inbound-email.ts'
import { companyNameOf } from './company-name.ts'
import { isFreeMail } from './free-mail.ts'
import { registrableDomain } from './registrable-domain.ts'

/** The facts that follow from a sender's address: the registrable domain, and the name of its company if it has one. */
export function senderFactsOf(from: InboundEmail['from']): SenderFacts {
  const host = from === null ? null : from.address.slice(from.address.lastIndexOf('@') + 1)
  const domain = host === null ? null : registrableDomain(host)
  if (host === null || domain === null) return { domain: null, isFreeMail: false, companyName: null }
  if (isFreeMail(host, domain)) return { domain, isFreeMail: true, companyName: null }
  return { domain, isFreeMail: false, companyName: companyNameOf(domain) }
}
