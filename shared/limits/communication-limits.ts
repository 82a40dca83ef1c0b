/** The bounds of answers about companies and their communications. The database has the same numbers. */
export const communicationLimits = {
  /** Communications in an answer: of a company, of a thread, and the attachments of one. */
  communicationsDefault: 50,
  communicationsMax: 100,
  threadCommunicationsMax: 50,
  attachmentsMax: 100,
  companyDomainsMax: 50,
  /** A domain as people type or paste it, which may be a URL. */
  typedDomainCharactersMax: 2_048,
  /** A communication's texts, in characters, and its recipients; and the bytes of JSON that each shown row may take. */
  subjectCharactersMax: 500,
  previewCharactersMax: 200,
  recipientsMax: 50,
  companyCommunicationBytesMax: 36_864,
  threadCommunicationBytesMax: 73_728,
  attachmentBytesMax: 4_096,
  companyBytesMax: 32_768,
} as const
