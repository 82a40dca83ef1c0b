/** The bounds of conversations, greetings and calls. The database has the same numbers (migrations, `conversations`). */
export const conversationLimits = {
  /** A page of a lead's history, and how far an offset may reach. A cursor reaches every message. */
  historyMessagesDefault: 50,
  historyMessagesMax: 100,
  historyOffsetMax: 10_000,
  /** A message in JSON with every character of its body escaped. */
  messageBytesMax: 25_600,
  /** The messages in the context of a lead, and how far those after a summary are counted. */
  contextMessagesMax: 5,
  messagesSinceMax: 1_000,
  summaryCharactersMax: 4_000,
  openQuestionsMax: 20,
  openQuestionCharactersMax: 500,
  /** The tag of a language (BCP 47). */
  languageCharactersMax: 35,
  /** The template of a greeting, and the text that is made of it. */
  greetingCharactersMax: 2_000,
  greetingTextCharactersMax: 4_000,
  /** The state of a call in progress, as JSON in the database. An answer may escape each of its characters. */
  callStateBytesMax: 16_384,
} as const
