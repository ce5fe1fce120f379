import type { Memory } from "./chat_memory.ts";
import { element } from "./element.ts";
import { type Language, languageOf, LANGUAGES, LOCALES, speak, words } from "./i18n.ts";
import { translate } from "./translate.ts";

/** Where it is kept which language somebody has chosen. */
export const LANGUAGE_KEY = "hubbub.language";

/** Lets the page speak the language of its reader. What was in the document before was for nobody, and is shown now. */
export function beginToSpeak(memory: Memory): Language {
  const language = languageOf(navigator.languages, memory.get(LANGUAGE_KEY));
  speak(language, navigator.languages);
  document.documentElement.lang = LOCALES[language];
  translate(document);
  delete document.body.dataset.unspoken;
  return language;
}

/**
 * Offers the languages, each by its own name. The page begins anew in the one that is chosen.
 * @param answer is told why it can't.
 */
export function offerLanguages(
  select: HTMLSelectElement,
  spoken: Language,
  memory: Memory,
  answer: (text: string) => void,
): void {
  for (const [language, name] of Object.entries(LANGUAGES)) {
    const option = element("option", "", name);
    option.value = language;
    option.lang = LOCALES[language as Language];
    option.selected = language === spoken;
    select.append(option);
  }
  select.addEventListener("change", () => {
    if (memory.set(LANGUAGE_KEY, select.value)) return location.reload();
    select.value = spoken;
    answer(words.notRemembered);
  });
}
