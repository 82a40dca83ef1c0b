import type { PartOfDay } from '../local-time.ts'

/** The product's own greetings in a language. `again` is for a lead with whom there was a conversation before. */
export interface GreetingTexts {
  readonly hello: Readonly<Record<PartOfDay, string>>
  readonly voice: { readonly first: string; readonly again: string }
  readonly chat: { readonly first: string; readonly again: string }
  readonly email: string
}

const hellos = (morning: string, afternoon: string, evening: string, night: string) => ({
  ...{ morning, afternoon, evening, night },
})

/** By the first part of a language's tag (BCP 47). */
export const greetingTexts = {
  en: {
    hello: hellos('Good morning', 'Good afternoon', 'Good evening', 'Hello'),
    voice: {
      first: '{greeting}[, {name}]. Thank you for calling[ {organization}]. How can I help you?',
      again: '{greeting}[, {name}]. It is good to hear from you again. How can I help you?',
    },
    chat: {
      first: '{greeting}[, {name}]! How can we help you?',
      again: '{greeting}[, {name}]! It is good to hear from you again. How can we help you?',
    },
    email: '{greeting}[ {name}],',
  },
  de: {
    hello: hellos('Guten Morgen', 'Guten Tag', 'Guten Abend', 'Hallo'),
    voice: {
      first: '{greeting}[, {name}]. Danke für Ihren Anruf[ bei {organization}]. Wie kann ich Ihnen helfen?',
      again: '{greeting}[, {name}]. Schön, wieder von Ihnen zu hören. Wie kann ich Ihnen helfen?',
    },
    chat: {
      first: '{greeting}[, {name}]! Wie können wir Ihnen helfen?',
      again: '{greeting}[, {name}]! Schön, wieder von Ihnen zu hören. Wie können wir Ihnen helfen?',
    },
    email: '{greeting}[ {name}],',
  },
  fr: {
    hello: hellos('Bonjour', 'Bonjour', 'Bonsoir', 'Bonsoir'),
    voice: {
      first: '{greeting}[, {name}].[ Bienvenue chez {organization}.] Comment puis-je vous aider ?',
      again: '{greeting}[, {name}]. Ravi de vous entendre à nouveau. Comment puis-je vous aider ?',
    },
    chat: {
      first: '{greeting}[, {name}] ! Comment pouvons-nous vous aider ?',
      again: '{greeting}[, {name}] ! Heureux de vous retrouver. Comment pouvons-nous vous aider ?',
    },
    email: '{greeting}[ {name}],',
  },
  es: {
    hello: hellos('Buenos días', 'Buenas tardes', 'Buenas noches', 'Buenas noches'),
    voice: {
      first: '{greeting}[, {name}]. Gracias por llamar[ a {organization}]. ¿En qué puedo ayudarle?',
      again: '{greeting}[, {name}]. Gracias por llamar de nuevo. ¿En qué puedo ayudarle?',
    },
    chat: {
      first: '{greeting}[, {name}]. ¿En qué podemos ayudarle?',
      again: '{greeting}[, {name}]. Gracias por escribirnos de nuevo. ¿En qué podemos ayudarle?',
    },
    email: '{greeting}[, {name}]:',
  },
  it: {
    hello: hellos('Buongiorno', 'Buon pomeriggio', 'Buonasera', 'Buonasera'),
    voice: {
      first: '{greeting}[, {name}]. Grazie per aver chiamato[ {organization}]. Come posso aiutarla?',
      again: '{greeting}[, {name}]. È un piacere risentirla. Come posso aiutarla?',
    },
    chat: {
      first: '{greeting}[, {name}]! Come possiamo aiutarla?',
      again: '{greeting}[, {name}]! È un piacere risentirla. Come possiamo aiutarla?',
    },
    email: '{greeting}[ {name}],',
  },
  pt: {
    hello: hellos('Bom dia', 'Boa tarde', 'Boa noite', 'Boa noite'),
    voice: {
      first: '{greeting}[, {name}]. Agradecemos a sua ligação[ para {organization}]. Como posso ajudar?',
      again: '{greeting}[, {name}]. É bom falar consigo novamente. Como posso ajudar?',
    },
    chat: {
      first: '{greeting}[, {name}]! Como podemos ajudar?',
      again: '{greeting}[, {name}]! É bom falar consigo novamente. Como podemos ajudar?',
    },
    email: '{greeting}[, {name}],',
  },
  nl: {
    hello: hellos('Goedemorgen', 'Goedemiddag', 'Goedenavond', 'Goedenavond'),
    voice: {
      first: '{greeting}[, {name}]. Bedankt voor uw telefoontje[ naar {organization}]. Hoe kan ik u helpen?',
      again: '{greeting}[, {name}]. Fijn om weer van u te horen. Hoe kan ik u helpen?',
    },
    chat: {
      first: '{greeting}[, {name}]! Hoe kunnen we u helpen?',
      again: '{greeting}[, {name}]! Fijn om weer van u te horen. Hoe kunnen we u helpen?',
    },
    email: '{greeting}[ {name}],',
  },
} as const satisfies Readonly<Record<string, GreetingTexts>>
