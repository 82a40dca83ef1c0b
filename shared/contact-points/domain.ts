import { limits } from '../limits.ts'
import type { Result } from '../result.ts'
import { err, ok } from '../result.ts'
import type { Tag } from '../tags/tags.ts'
import { thingTags } from '../tags/tags.ts'

/** The name of a host with at least two labels, in ASCII and in lower case: `example.com`, `xn--st-eka.example`. */
type Domain = string & { readonly brand: 'Domain' }

const fault = 'must be a domain such as example.com, or a URL with one'

/**
 * Parses a domain as people have it: `Example.com`, `www.example.com`, a URL, an address of e-mail, an internationalized name. `www.`
 * and a dot at the end are dropped.
 */
export function parseDomain(text: string): Result<Domain, string> {
  const [, authority = ''] = /^(?:[a-z][a-z0-9+.-]*:\/\/|\/\/|mailto:)?([^/?#]*)/i.exec(text.trim()) ?? []
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d{0,5}$/, '')
  const domain = asciiDomain(host.replace(/\.$/, ''))
  if (domain === null) return err(fault)
  const bare = domain.replace(/^www\.(?=.+\.)/, '')
  return ok(bare as Domain)
}

/** White space, and the characters that end the host of a URL or that URLs decode or drop. None of them is part of a name. */
const notOfAHost = /[\s\p{Cc}/?#\\@:%[\]<>^|_]/u
/** At least two labels. The last is no number, since URLs read such a name as an address of IPv4. */
const asciiForm =
  /^(?=.{3,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?=[a-z0-9-]*[a-z])[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * The ASCII form of a domain, in lower case (UTS 46, as browsers and workerd do it); null if it is not a valid domain. The database
 * computes the same with `private.domain_ascii`.
 */
export function asciiDomain(name: string): Domain | null {
  if (name.length > limits.domainCharactersMax || notOfAHost.test(name)) return null
  const host = URL.canParse(`http://${name}/`) ? new URL(`http://${name}/`).hostname : ''
  return asciiForm.test(host) ? (host as Domain) : null
}

/** The tags of everything that is found by a domain. */
export function domainTags(domain: Domain): readonly Tag[] {
  return thingTags('domain', domain)
}
