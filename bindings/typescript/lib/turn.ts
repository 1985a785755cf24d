// Turns of the event loop: who sends or reads without ever waiting lets others come to theirs.

/** So many messages go without a turn of the loop. */
const MESSAGES = 256;

let left = MESSAGES;
let counting = false;

/** Counts a message that nobody waits for, and says whether the loop is to turn before it. */
export function isTurnOver(): boolean {
  if (!counting) {
    counting = true;
    setImmediate(() => {
      counting = false;
      left = MESSAGES;
    });
  }
  left -= 1;
  return left < 0;
}

/** The next turn of the loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
