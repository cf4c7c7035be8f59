import { z } from "zod";

const legal = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/;

/** A setting that holds the name of a topic. */
export const topicName = z
  .string()
  .regex(legal, "expected a topic name: up to 249 letters, digits, dots, underscores and hyphens");

/** A setting that holds the name of a topic, or a pattern of names. */
export const topicPattern = z
  .string()
  .regex(/^[A-Za-z0-9._*-]{1,249}$/, "expected a topic name, or a pattern of names such as mesh.*");

/** Whether a topic may have this name. */
export function isTopicName(text: string): boolean {
  return legal.test(text);
}

/** What is allowed of topics that traffic names. */
export interface AllowedTopics {
  /** The name stands in the settings as it is, so somebody means it to exist. */
  isNamed(topic: string): boolean;
  allows(topic: string): boolean;
}

/** Reads the setting allowedTopics. */
export function allowTopics(patterns: readonly string[]): AllowedTopics {
  const names = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const wild = patterns.filter((pattern) => pattern.includes("*")).map((pattern) => pattern.split(/\*+/));
  return {
    isNamed: (topic) => names.has(topic),
    allows: (topic) => names.has(topic) || (isTopicName(topic) && wild.some((pieces) => fits(topic, pieces))),
  };
}

/** Whether a text consists of these pieces in order, with anything between them. Takes time in proportion to the text. */
function fits(text: string, pieces: readonly string[]): boolean {
  const first = pieces[0]!;
  const last = pieces.at(-1)!;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
