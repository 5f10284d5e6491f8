// Which keys act now, as somebody has chosen them.

import { bindingsWith, rememberedKeys, rememberKeys } from "./model/key_choices.js";
import { keyInWords, keysByAct } from "./model/keys.js";
import { computed, effect, signal } from "./ui.js";

export const keyChoices = signal(rememberedKeys(localStorage));

effect(() => rememberKeys(localStorage, keyChoices.value));

export const bindings = computed(() => bindingsWith(keyChoices.value));

/** The keys of each act, as people read them. */
export const shownKeys = computed(
  () => new Map([...keysByAct(bindings.value)].map(([act, keys]) => [act, keys.map(keyInWords)])),
);

/** A name with its first key, for a title. @param {string} name @param {string} act */
export function withKeyOf(name, act) {
  const key = shownKeys.value.get(act)?.[0];
  return key ? `${name} (${key})` : name;
}
