import providers from 'email-providers/all.json' with { type: 'json' }

/** Providers that the list lacks. */
const missing = [
  ...['139.com', '189.cn', 'aon.at', 'autistici.org', 'bbox.fr', 'chello.at', 'disroot.org', 'duck.com'],
  ...['fastmail.com', 'firemail.de', 'gmx.ch', 'hotmail.be', 'hotmail.ch', 'icloud.com.cn', 'inbox.eu'],
  ...['kpnmail.nl', 'mail.de', 'mozmail.com', 'outlook.at', 'outlook.ie', 'passinbox.com', 'passmail.net'],
  ...['pm.me', 'posteo.de', 'posteo.net', 'privaterelay.appleid.com', 'proton.me', 'riseup.net'],
  ...['simplelogin.co', 'simplelogin.com', 'skiff.com', 'slmail.me', 'startmail.com', 'systemli.org'],
  ...['telefonica.net', 'tiscali.it', 'tuta.com', 'tuta.io', 'tutamail.com', 'tutanota.com', 'tutanota.de'],
  ...['unitybox.de', 'vip.qq.com', 'xs4all.nl', 'yandex.by', 'yandex.kz', 'ziggo.nl', 'zohomail.com'],
  ...['zohomail.eu', 'zohomail.in'],
]

/** Companies and schools that the list takes for providers, and names that stand for any company. */
const noProviders: ReadonlySet<string> = new Set([
  ...['alibaba.com', 'ancestry.com', 'bt.com', 'clerk.com', 'discovery.com', 'dnsmadeeasy.com'],
  ...['easypost.com', 'example.com', 'facebook.com', 'medscape.com', 'nus.edu.sg', 'parrot.com', 'space.com'],
  ...['techspot.com', 'telstra.com', 'test.com', 'test.de', 'unican.es'],
])

const freeMail: ReadonlySet<string> = new Set([
  ...providers.filter((domain) => !noProviders.has(domain)),
  ...missing,
])

/** Whether anybody can have an address there: the host is a provider's, or a domain above it is, up to the registrable one. */
export function isFreeMail(host: string, registrable: string): boolean {
  for (let name = host; name.endsWith(`.${registrable}`); name = name.slice(name.indexOf('.') + 1))
    if (freeMail.has(name)) return true
  return freeMail.has(registrable)
}
