import { zxcvbn, zxcvbnOptions } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";

zxcvbnOptions.setOptions({ graphs: adjacencyGraphs, dictionary });

/** From 0, guessed at once, to 4; `known` are words that anybody would try on this person. */
export function strengthOf(password: string, known: string[]): 0 | 1 | 2 | 3 | 4 {
  return zxcvbn(password.slice(0, 100), known).score;
}
