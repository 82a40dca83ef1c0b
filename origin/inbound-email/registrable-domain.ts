import { getDomain } from 'tldts'

interface TenantSuffix {
  readonly suffix: string
  /** A name below the suffix that is no customer's: `acme.mail.onmicrosoft.com` is acme's as well. */
  readonly alias?: string
}

/** Domains below which each customer of a service has a name of its own, although the public suffix list does not say so. */
const tenantSuffixes: readonly TenantSuffix[] = [
  { suffix: 'onmicrosoft.com', alias: 'mail.onmicrosoft.com' },
  { suffix: 'onmicrosoft.us', alias: 'mail.onmicrosoft.us' },
  { suffix: 'onmicrosoft.de', alias: 'mail.onmicrosoft.de' },
  { suffix: 'partner.onmschina.cn', alias: 'mail.partner.onmschina.cn' },
  { suffix: 'zendesk.com' },
  { suffix: 'freshdesk.com' },
  { suffix: 'atlassian.net' },
  { suffix: 'odoo.com' },
  { suffix: 'bitrix24.com' },
]

/** A suffix that a service puts behind a customer's whole domain: `acme.com.test-google-a.com` is acme.com's. */
const appendedSuffix = '.test-google-a.com'

/**
 * The domain that somebody registered, of a host in ASCII: `acme-tools.co.uk` of `mail.acme-tools.co.uk`. The public suffix list decides,
 * with its private part, so that the customers of `github.io` are apart. The owner of a private suffix has that domain itself.
 * Null if nobody can register it, such as `co.uk`.
 */
export function registrableDomain(host: string): string | null {
  const own = withoutAppended(host)
  return tenantDomain(own) ?? getDomain(own, { allowPrivateDomains: true }) ?? getDomain(own)
}

function withoutAppended(host: string): string {
  const own = host.endsWith(appendedSuffix) ? host.slice(0, -appendedSuffix.length) : host
  return own.includes('.') ? own : host
}

function tenantDomain(host: string): string | null {
  for (const { suffix, alias } of tenantSuffixes) {
    const parent = [alias, suffix].find((each) => each !== undefined && host.endsWith(`.${each}`))
    if (parent !== undefined)
      return `${host
        .slice(0, -parent.length - 1)
        .split('.')
        .at(-1)}.${suffix}`
  }
  return null
}
