// How a service does.

/** How a service does; one that is not served there is `"unknown"`. */
export type Health = "serving" | "not serving" | "unknown";

/** The same from a text of the addon's. */
export function health(text: string): Health {
  return text === "serving" || text === "not serving" ? text : "unknown";
}
