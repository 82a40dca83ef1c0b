import { fromAnn, type MailCase, mail, rawMail } from './mail-case.ts'

const ann = { address: 'ann@acme-tools.example', name: 'Ann Lee' }

function from(value: string): Uint8Array<ArrayBuffer> {
  return mail(`From: ${value}\nTo: sales@crm.example\n\nHello`)
}

function to(header: string): Uint8Array<ArrayBuffer> {
  return mail(`From: ann@acme-tools.example\n${header}\n\nHello`)
}

/** Headers: names, addresses, subjects, dates and ids, and what breaks or abuses them. */
export const headers: readonly MailCase[] = [
  {
    name: 'is read whole',
    bytes: fromAnn('Subject: An offer'),
    gives: {
      ...{
        messageId: '1@acme-tools.example',
        isIdGiven: true,
        from: ann,
        subject: 'An offer',
        text: 'Hello',
      },
      ...{ recipients: ['sales@crm.example'], to: ['sales@crm.example'], sentAt: '2026-11-26T12:30:00Z' },
      ...{ references: [], isReply: false, importance: 'normal', automated: null, meeting: null },
    },
  },
  {
    name: 'with an encoded name has it decoded',
    bytes: from('=?UTF-8?Q?J=C3=BCrgen_M=C3=BCller?= <j@b.example>'),
    gives: { from: { address: 'j@b.example', name: 'Jürgen Müller' } },
  },
  {
    name: 'with a name in base64 of ISO-8859-1 has it decoded',
    bytes: from('=?iso-8859-1?B?SvxyZ2Vu?= <j@b.example>'),
    gives: { from: { address: 'j@b.example', name: 'Jürgen' } },
  },
  {
    name: 'with a name in raw UTF-8 has it as it is',
    bytes: from('Jürgen <jürgen@bücher.example>'),
    gives: { from: { address: 'jürgen@xn--bcher-kva.example', name: 'Jürgen' } },
  },
  {
    name: 'with a header of raw Western bytes is read as such',
    bytes: rawMail('From: J\xfcrgen <j@b.example>\r\nTo: sales@crm.example\r\n\r\nx'),
    gives: { from: { address: 'j@b.example', name: 'Jürgen' } },
  },
  {
    name: 'whose sender is in punycode has the address that unicode gives too',
    bytes: from('j@XN--BCHER-KVA.example'),
    gives: { from: { address: 'j@xn--bcher-kva.example', name: null } },
  },
  {
    name: 'with a comment for a name has the name',
    bytes: from('ann@acme-tools.example (Ann Lee)'),
    gives: { from: ann },
  },
  {
    name: 'with comments everywhere has the address without them',
    bytes: from('(a) "Ann Lee" (b) <ann(c)@(d (e))acme-tools.example>'),
    gives: { from: ann },
  },
  {
    name: 'whose name pretends to be an address is from the address',
    bytes: from('"ceo@big.example" <eve@evil.example>'),
    gives: { from: { address: 'eve@evil.example', name: 'ceo@big.example' } },
  },
  {
    name: 'whose encoded name pretends to be an address is from the address',
    bytes: from('=?utf-8?Q?=3Cceo=40big.example=3E?= <eve@evil.example>'),
    gives: { from: { address: 'eve@evil.example', name: '<ceo@big.example>' } },
  },
  {
    name: 'whose encoded name has line breaks keeps one line',
    bytes: from('=?utf-8?Q?Ann=0D=0ABcc:_eve=40evil.example?= <ann@acme-tools.example>'),
    gives: {
      from: { address: 'ann@acme-tools.example', name: 'Ann Bcc: eve@evil.example' },
      recipients: ['sales@crm.example'],
    },
  },
  {
    name: 'whose encoded subject has line breaks and NUL keeps one line',
    bytes: fromAnn('Subject: =?utf-8?Q?Hi=0D=0ATo:=07_x=40crm.example=00?='),
    gives: { subject: 'Hi To: x@crm.example', recipients: ['sales@crm.example'] },
  },
  {
    name: 'with an unquoted comma in a name has the name whole',
    bytes: from('Lee, Ann <ann@acme-tools.example>'),
    gives: { from: { address: 'ann@acme-tools.example', name: 'Lee, Ann' } },
  },
  {
    name: 'with several authors is from the first',
    bytes: from('Ann Lee <ann@acme-tools.example>, bob@b.example'),
    gives: { from: ann },
  },
  {
    name: 'with two senders in two fields is from the first',
    bytes: mail('From: ann@acme-tools.example\nFrom: eve@evil.example\nTo: sales@crm.example\n\nx'),
    gives: { from: { address: 'ann@acme-tools.example', name: null } },
  },
  {
    name: 'with a space before a colon or another space than that has no second field',
    bytes: rawMail(
      '\xc2\xa0From: eve@evil.example\r\nFrom : ann@acme-tools.example\r\nTo: sales@crm.example\r\n\r\nx',
    ),
    gives: { from: { address: 'ann@acme-tools.example', name: null } },
  },
  {
    name: 'whose author is no address is from the one who handed it over',
    bytes: mail('From: Ann\nSender: bob@b.example\nTo: sales@crm.example\n\nx'),
    gives: { from: { address: 'bob@b.example', name: null }, automated: null },
  },
  {
    name: 'whose author is at an IP number is from the sender of the envelope',
    bytes: from('root@[192.0.2.1]'),
    envelope: { from: 'root@b.example', to: ['sales@crm.example'] },
    gives: { from: { address: 'root@b.example', name: null } },
  },
  {
    name: 'without any sender is taken for an automatic one',
    bytes: mail('To: sales@crm.example\nSubject: x\n\nx'),
    gives: { from: null, automated: 'empty_sender' },
  },
  {
    name: 'to groups reaches their members',
    bytes: to('To: Team: sales@crm.example, Bob <bob@b.example>;, ann@c.example\nCc: nobody:;'),
    gives: { recipients: ['sales@crm.example', 'bob@b.example', 'ann@c.example'] },
  },
  {
    name: 'to one address often names it once',
    bytes: to('To: Sales@CRM.example, sales@crm.example\nCc: "Sales" <SALES@crm.EXAMPLE>'),
    gives: { recipients: ['sales@crm.example'], to: ['sales@crm.example'] },
  },
  {
    name: 'with broken recipients reaches the others',
    bytes: to('To: @, <>, "unclosed, sales@crm.example\nCc: x@, sales@crm.example, (a'),
    gives: { recipients: ['sales@crm.example'] },
  },
  {
    name: 'in two lists of recipients reaches both',
    bytes: to('To: sales@crm.example\nTo: help@crm.example'),
    gives: { recipients: ['sales@crm.example', 'help@crm.example'] },
  },
  {
    name: 'with an envelope goes where the envelope says',
    bytes: to('To: other@b.example'),
    envelope: { from: 'ann@acme-tools.example', to: ['<Sales@crm.example>'] },
    gives: { recipients: ['sales@crm.example'], to: ['other@b.example'] },
  },
  {
    name: 'that came as a blind copy goes where the last server delivered it',
    bytes: to('To: undisclosed-recipients:;\nDelivered-To: sales@crm.example'),
    gives: { recipients: ['sales@crm.example'], to: [] },
  },
  { name: 'to nobody is refused', bytes: to('To: undisclosed-recipients:;'), gives: 'no_recipients' },
  {
    name: 'that is no message is refused',
    bytes: mail('{"from": "ann@acme-tools.example"}'),
    gives: 'unreadable',
  },
  { name: 'of no bytes is refused', bytes: mail(''), gives: 'unreadable' },
  {
    name: 'of bytes without meaning is refused',
    bytes: rawMail('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'),
    gives: 'unreadable',
  },
  {
    name: 'from a mailbox file is read behind its first line',
    bytes: mail(
      'From ann@acme-tools.example Thu Nov 26 13:30:00 2026\nFrom: ann@acme-tools.example\nTo: sales@crm.example\n\nx',
    ),
    gives: { from: { address: 'ann@acme-tools.example', name: null } },
  },
  {
    name: 'with broken lines in its header keeps the others',
    bytes: fromAnn('no colon here\n: no name\nBad name: x\nSubject: Kept'),
    gives: { subject: 'Kept', text: 'Hello' },
  },
  {
    name: 'with a folded subject has it in one line',
    bytes: fromAnn('Subject: A long\n\t subject =?utf-8?Q?f=C3=BCr?=\n =?utf-8?Q?_alle?='),
    gives: { subject: 'A long subject für alle' },
  },
  {
    name: 'with a subject of marks of direction loses them',
    bytes: fromAnn('Subject: pay \u202etxt.exe\u202c now'),
    gives: { subject: 'pay txt.exe now' },
  },
  {
    name: 'with a subject of 4,000 emoji keeps 500 of them',
    bytes: fromAnn(`Subject: ${'😀'.repeat(4_000)}`),
    gives: { subject: '😀'.repeat(500) },
  },
  {
    name: 'with a date in the obsolete form is dated',
    bytes: dated('Thu, 26 Nov 26 13:30 EST'),
    gives: { sentAt: '2026-11-26T18:30:00Z' },
  },
  {
    name: 'with a date in comments is dated',
    bytes: dated('26 Nov 2026 13:30:00 -0000 (made up (really))'),
    gives: { sentAt: '2026-11-26T13:30:00Z' },
  },
  {
    name: 'without a zone is dated in UTC on every machine',
    bytes: dated('26 Nov 2026 13:30:00'),
    gives: { sentAt: '2026-11-26T13:30:00Z' },
  },
  {
    name: 'with a date that no calendar has is not dated',
    bytes: dated('Mon, 30 Feb 2026 13:30:00 +0000'),
    gives: { sentAt: null },
  },
  { name: 'with prose for a date is not dated', bytes: dated('yesterday'), gives: { sentAt: null } },
  {
    name: 'without an id gets one from what it is',
    bytes: from('ann@acme-tools.example'),
    gives: { isIdGiven: false },
  },
  {
    name: 'with an id without brackets has it',
    bytes: mail('From: ann@b.example\nTo: sales@crm.example\nMessage-ID: abc@b.example\n\nx'),
    gives: { messageId: 'abc@b.example', isIdGiven: true },
  },
  {
    name: 'with an id longer than a line gets another one',
    bytes: mail(
      `From: ann@b.example\nTo: sales@crm.example\nMessage-ID: <${'a'.repeat(2_000)}@b.example>\n\nx`,
    ),
    gives: { isIdGiven: false },
  },
  {
    name: 'of high importance says so',
    bytes: fromAnn('X-Priority: 1 (Highest)\nX-MSMail-Priority: High'),
    gives: { importance: 'high' },
  },
  {
    name: 'of low importance says so',
    bytes: fromAnn('Importance: Low\nX-Priority: 1'),
    gives: { importance: 'low' },
  },
]

function dated(date: string): Uint8Array<ArrayBuffer> {
  return mail(`From: ann@b.example\nTo: sales@crm.example\nDate: ${date}\n\nx`)
}
