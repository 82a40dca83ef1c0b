import { fromAnn, type MailCase, multipart, partsOf, rawMail } from './mail-case.ts'

const plain = 'Content-Type: text/plain; charset=utf-8\n\nThe plain part'
const html = 'Content-Type: text/html; charset=utf-8\n\n<p>The <b>HTML</b> part</p>'
const pdf =
  'Content-Type: application/pdf; name="offer.pdf"\nContent-Disposition: attachment; filename="offer.pdf"\n' +
  'Content-Transfer-Encoding: base64\n\nJVBERi0xLjcK'
const head = 'From: ann@acme-tools.example\r\nTo: sales@crm.example\r\nMIME-Version: 1.0\r\n'

/** Bodies of every kind, broken ones among them. */
export const bodies: readonly MailCase[] = [
  {
    name: 'without a type is plain text',
    bytes: fromAnn('', 'Hello\n\nBye'),
    gives: { text: 'Hello\n\nBye' },
  },
  {
    name: 'with two alternatives shows the plain one',
    bytes: multipart('alternative', [plain, html]),
    gives: { text: 'The plain part', attachments: [] },
  },
  {
    name: 'with HTML alone shows what a reader sees of it',
    bytes: fromAnn(
      'Content-Type: text/html; charset=utf-8',
      '<style>p{}</style><p>A &amp; B</p><script>alert(1)</script><ul><li>One<li>Two</ul>',
    ),
    gives: { text: 'A & B\n\n- One\n- Two' },
  },
  {
    name: 'with a blank plain part shows its HTML',
    bytes: multipart('alternative', ['Content-Type: text/plain\n\n  \n', html]),
    gives: { text: 'The HTML part' },
  },
  {
    name: 'with a file lists it by its name, type and size',
    bytes: multipart('mixed', [plain, pdf]),
    gives: {
      text: 'The plain part',
      attachments: [{ name: 'offer.pdf', contentType: 'application/pdf', sizeBytes: 9 }],
    },
  },
  {
    name: 'with an image inside its HTML lists the image',
    bytes: multipart('related', [
      html,
      'Content-Type: image/png; name=logo.png\nContent-ID: <logo>\nContent-Transfer-Encoding: base64\n\niVBORw==',
    ]),
    gives: {
      text: 'The HTML part',
      attachments: [{ name: 'logo.png', contentType: 'image/png', sizeBytes: 4 }],
    },
  },
  {
    name: 'with alternatives within a mixed body has both text and file',
    bytes: multipart('mixed', [
      `Content-Type: multipart/alternative; boundary=b2\n\n${partsOf([plain, html], 'b2')}`,
      pdf,
    ]),
    gives: {
      text: 'The plain part',
      attachments: [{ name: 'offer.pdf', contentType: 'application/pdf', sizeBytes: 9 }],
    },
  },
  {
    name: 'that forwards another one has it as a file, and says nothing in its name',
    bytes: multipart('mixed', [
      plain,
      'Content-Type: message/rfc822\n\nFrom: eve@evil.example\nTo: bob@crm.example\nSubject: Other\n\nOther text',
    ]),
    gives: {
      text: 'The plain part',
      attachments: [file('message.eml', 'message/rfc822', 70)],
    },
  },
  {
    name: 'that is signed shows its text and the signature as a file',
    bytes: multipart('signed', [
      plain,
      'Content-Type: application/pgp-signature; name=signature.asc\n\n-----BEGIN PGP SIGNATURE-----',
    ]),
    gives: {
      text: 'The plain part',
      attachments: [file('signature.asc', 'application/pgp-signature', 30)],
    },
  },
  {
    name: 'whose boundary is never closed keeps what came',
    bytes: fromAnn('Content-Type: multipart/mixed; boundary=b1', `--b1\n${plain}\n--b1\n${pdf}`),
    gives: {
      text: 'The plain part',
      attachments: [file('offer.pdf', 'application/pdf', 9)],
    },
  },
  {
    name: 'whose boundary never occurs has no text',
    bytes: fromAnn('Content-Type: multipart/mixed; boundary=b1', '--other\n\nText'),
    gives: { text: '', attachments: [] },
  },
  {
    name: 'that is multipart without a boundary has no text',
    bytes: fromAnn('Content-Type: multipart/mixed', '--b1\n\nText\n--b1--'),
    gives: { attachments: [] },
  },
  {
    name: 'with an empty body has no text',
    bytes: fromAnn('', ''),
    gives: { text: '', attachments: [] },
  },
  {
    name: 'that ends with its header has no text',
    bytes: rawMail(`${head}Subject: Short`),
    gives: { subject: 'Short', text: '' },
  },
  {
    name: 'with bare line feeds is read like others',
    bytes: rawMail(`${head}Subject: Unix\r\n\r\nHello\nBye`.replaceAll('\r\n', '\n')),
    gives: { subject: 'Unix', text: 'Hello\nBye' },
  },
  {
    name: 'in quoted-printable is decoded',
    bytes: fromAnn(
      'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable',
      'Gr=C3=BC=C3=9Fe =\nan alle',
    ),
    gives: { text: 'Grüße an alle' },
  },
  {
    name: 'in broken quoted-printable keeps what is no code',
    bytes: fromAnn('Content-Transfer-Encoding: quoted-printable', '100=ZZ and =C3'),
    gives: { text: '100=ZZ and \ufffd' },
  },
  {
    name: 'in base64 is decoded',
    bytes: fromAnn(
      'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64',
      'R3LDvMOf\nZQ==',
    ),
    gives: { text: 'Grüße' },
  },
  {
    name: 'in broken base64 keeps what can be decoded',
    bytes: fromAnn('Content-Transfer-Encoding: base64', 'SGVs!!bG8'),
    gives: { text: 'Hello' },
  },
  {
    name: 'in ISO-8859-1 is decoded',
    bytes: rawMail(`${head}Content-Type: text/plain; charset=iso-8859-1\r\n\r\nGr\xfc\xdfe`),
    gives: { text: 'Grüße' },
  },
  {
    name: 'in UTF-16 is decoded',
    bytes: fromAnn(
      'Content-Type: text/plain; charset=utf-16le\nContent-Transfer-Encoding: base64',
      'SABpAPwA',
    ),
    gives: { text: 'Hiü' },
  },
  {
    name: 'in Shift_JIS is decoded',
    bytes: rawMail(`${head}Content-Type: text/plain; charset=Shift_JIS\r\n\r\n\x93\xfa\x96{`),
    gives: { text: '日本' },
  },
  {
    name: 'in KOI8-R is decoded',
    bytes: rawMail(`${head}Content-Type: text/plain; charset=koi8-r\r\n\r\n\xf0\xd2\xc9\xd7\xc5\xd4`),
    gives: { text: 'Привет' },
  },
  {
    name: 'in an unknown character set is read as a Western one',
    bytes: rawMail(`${head}Content-Type: text/plain; charset=x-none\r\n\r\nCaf\xe9`),
    gives: { text: 'Café' },
  },
  {
    name: 'with broken UTF-8 has replacement characters',
    bytes: rawMail(`${head}Content-Type: text/plain; charset=utf-8\r\n\r\nA\xffB`),
    gives: { text: 'A\ufffdB' },
  },
  {
    name: 'with NUL and other control characters loses them',
    bytes: rawMail(`${head}\r\nA\0B\x07C\tD`),
    gives: { text: 'ABC\tD' },
  },
  {
    name: 'with flowed text has its paragraphs whole',
    bytes: fromAnn('Content-Type: text/plain; format=flowed', 'One \nparagraph\n\nTwo'),
    gives: { text: 'One paragraph\n\nTwo' },
  },
  {
    name: 'with a file name in RFC 2231 shows it decoded',
    bytes: multipart('mixed', [
      plain,
      "Content-Type: application/pdf\nContent-Disposition: attachment; filename*=UTF-8''%C3%9Cbersicht%20Q4.pdf\n\nx",
    ]),
    gives: { attachments: [file('Übersicht Q4.pdf', 'application/pdf', 2)] },
  },
  {
    name: 'with a file name that leads elsewhere keeps the last part of it',
    bytes: multipart('mixed', [
      plain,
      'Content-Type: text/csv\nContent-Disposition: attachment; filename="../../etc/passwd"\n\nx',
      'Content-Type: text/csv\nContent-Disposition: attachment; filename="C:\\\\Users\\\\ann\\\\list.csv"\n\nx',
    ]),
    gives: { attachments: [file('passwd', 'text/csv', 2), file('list.csv', 'text/csv', 2)] },
  },
  {
    name: 'with a file name that is written backwards shows its real ending',
    bytes: multipart('mixed', [
      plain,
      'Content-Type: application/x-msdownload\nContent-Disposition: attachment; filename="invoice\u202efdp.exe"\n\nx',
    ]),
    gives: { attachments: [file('invoicefdp.exe', 'application/x-msdownload', 2)] },
  },
  {
    name: 'with an empty file lists it all the same',
    bytes: multipart('mixed', [
      plain,
      'Content-Type: application/zip\nContent-Disposition: attachment; filename=a.zip\n\n',
    ]),
    gives: { attachments: [file('a.zip', 'application/zip', 1)] },
  },
  {
    name: 'with a file of no valid type has the general type',
    bytes: multipart('mixed', [plain, 'Content-Type: <b>\nContent-Disposition: attachment\n\nx']),
    gives: { attachments: [file('attachment', 'application/octet-stream', 2)] },
  },
]

/** The parser counts each line with one end. */
function file(name: string, contentType: string, sizeBytes: number) {
  return { name, contentType, sizeBytes }
}
