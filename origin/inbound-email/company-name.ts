import { domainToUnicode } from 'node:url'

/** Words that people write in one way, whatever the rule: forms of companies, and abbreviations that have vowels. */
const spelled: Readonly<Record<string, string>> = {
  ...{ ab: 'AB', ag: 'AG', aps: 'ApS', as: 'AS', bv: 'BV', gbr: 'GbR', gmbh: 'GmbH', inc: 'Inc', kg: 'KG' },
  ...{ kgaa: 'KGaA', llc: 'LLC', llp: 'LLP', ltd: 'Ltd', mbh: 'mbH', nv: 'NV', ohg: 'OHG', oy: 'Oy' },
  ...{ plc: 'PLC', pty: 'Pty', sa: 'SA', sarl: 'SARL', sas: 'SAS', se: 'SE', spa: 'SpA', srl: 'Srl' },
  ...{
    ug: 'UG',
    ai: 'AI',
    eu: 'EU',
    hr: 'HR',
    it: 'IT',
    tv: 'TV',
    uk: 'UK',
    us: 'US',
    usa: 'USA',
    uae: 'UAE',
  },
}
/** Between other words these are small. */
const small: ReadonlySet<string> = new Set([
  ...['and', 'at', 'by', 'for', 'in', 'of', 'on', 'the', 'to', 'with'],
  ...[
    'am',
    'an',
    'bei',
    'der',
    'die',
    'das',
    'den',
    'für',
    'im',
    'mit',
    'und',
    'von',
    'vom',
    'zu',
    'zum',
    'zur',
  ],
  ...['da', 'de', 'del', 'della', 'des', 'di', 'do', 'du', 'e', 'en', 'et', 'la', 'le', 'les', 'och', 'og'],
  ...['van', 'voor', 'y'],
])
const vowel = /[aeiouy]/
/** Scripts whose names begin with a capital letter. */
const cased = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}]/u
const initialsMax = 4
/** A whole name this short is more often initials than a word: "IBM", "SAP", "UPS". */
const wholeInitialsMax = 3

/**
 * The name of a company after its registrable domain: the words of the first label, each with a capital letter, so "Acme Tools" of
 * `acme-tools.co.uk`. Short words without vowels are initials, such as "IBM", "DHL" and "3M". It is a proposal: people know better, and
 * the name that they write stays.
 */
export function companyNameOf(domain: string): string {
  // Empty if the domain is no valid one after all.
  const readable = domainToUnicode(domain) || domain
  const [label = ''] = readable.normalize('NFC').split('.')
  const words = label.split(/[-_]+/).filter((word) => word !== '')
  return words.map((word, index) => nameWord(word, index, words.length)).join(' ') || domain
}

function nameWord(word: string, index: number, words: number): string {
  if (index > 0 && index < words - 1 && small.has(word)) return word
  // These stand behind a name. In front of one they are names themselves.
  const asSpelled = index > 0 && Object.hasOwn(spelled, word) ? spelled[word] : undefined
  if (asSpelled !== undefined) return asSpelled
  const isShort =
    word.length <= (words === 1 ? wholeInitialsMax : 0) || (word.length <= initialsMax && !vowel.test(word))
  const isInitials = isShort && /^[a-z0-9]+$/.test(word)
  if (isInitials || /^(?:[a-z]\d|\d[a-z])$/.test(word)) return word.toUpperCase()
  return cased.test(word) ? capitalized(word) : word
}

/** A letter whose capital form is two letters, such as ß, stays. */
function capitalized(word: string): string {
  const [first = '', ...rest] = word
  const capital = first.toUpperCase()
  return capital.length === first.length ? capital + rest.join('') : word
}
