import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as acts from "../../../src/qasr_cli/page/model/acts.js";
import { labelOf, letterPercent, trackText } from "../../../src/qasr_cli/page/model/caption.js";
import { bare, contentOf } from "../../../src/qasr_cli/page/model/compare.js";
import { changed } from "../../../src/qasr_cli/page/model/cues.js";
import { merged } from "../../../src/qasr_cli/page/model/edges.js";
import { History } from "../../../src/qasr_cli/page/model/history.js";
import { plainText } from "../../../src/qasr_cli/page/model/plain_text.js";
import * as retiming from "../../../src/qasr_cli/page/model/retiming.js";
import * as speakers from "../../../src/qasr_cli/page/model/speakers.js";
import { countsByKind, KINDS, messageOf } from "../../../src/qasr_cli/page/model/verdicts.js";
import { learn, MESSAGES } from "../../../src/qasr_cli/page/messages.js";
import { randomCues, randomiser } from "./arbitrary.js";

await learn("en");
await learn("zh");

const CUES = [
  { id: "a", start_ms: 1000, end_ms: 2000, text: "Good morning", speaker: "Bea" },
  { id: "b", start_ms: 2000, end_ms: 3200, text: "to everybody here", speaker: "Al" },
  { id: "c", start_ms: 4000, end_ms: 5000, text: "Thanks.", speaker: "Bea" },
];
const IDS = CUES.map(({ id }) => id);
const times = (cues) => cues.map(({ start_ms, end_ms }) => [start_ms, end_ms]);
const overlapCount = (cues) => {
  let [latest_ms, count] = [0, 0];
  for (const { start_ms, end_ms } of cues) {
    count += Number(start_ms < latest_ms);
    latest_ms = Math.max(latest_ms, end_ms);
  }
  return count;
};

test("two points say where all belong; what touched still touches", () => {
  const stretched = retiming.stretched(CUES, IDS, { from_ms: 1000, to_ms: 2000 }, { from_ms: 4000, to_ms: 8000 });
  assert.deepEqual(times(changed(CUES, stretched)), [[2000, 4000], [4000, 6400], [8000, 10_000]]);
  const mirrored = [{ from_ms: 1000, to_ms: 8000 }, { from_ms: 4000, to_ms: 2000 }];
  assert.equal(retiming.stretched(CUES, IDS, ...mirrored), null);
  assert.equal(retiming.stretched(CUES, IDS, { from_ms: 1000, to_ms: 0 }, { from_ms: 1000, to_ms: 5 }), null);
  const few = retiming.stretched(CUES, ["c"], { from_ms: 0, to_ms: 0 }, { from_ms: 1000, to_ms: 1100 });
  assert.deepEqual(times(changed(CUES, few)), [[1000, 2000], [2000, 3200], [4400, 5500]]);
  assert.equal(retiming.stretched(CUES, ["a"], { from_ms: 0, to_ms: 0 }, { from_ms: 1000, to_ms: 1100 }), null);
});

test("a stretch by pictures a second and back gives the times, to a millisecond", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = randomiser(seed);
    const cues = randomCues(random);
    const ids = cues.map(({ id }) => id);
    const factor = retiming.factorOfText(random.one(["25/23.976", "23.976/25", "104.27 %", "0.96"]));
    const by = (all, ratio) => retiming.stretched(all, ids, { from_ms: 0, to_ms: 0 }, { from_ms: 1e6, to_ms: 1e6 * ratio });
    const change = by(cues, factor);
    if (!change) continue;
    const after = changed(cues, change);
    assert.ok(overlapCount(after) <= overlapCount(cues), `seed ${seed}`);
    const back = changed(after, by(after, 1 / factor));
    for (const [at, cue] of cues.entries()) assert.ok(Math.abs(back[at].start_ms - cue.start_ms) <= 1);
  }
});

test("whatever is shifted or stretched, order stays and none comes over another that was clear of it", () => {
  for (let seed = 0; seed < 500; seed++) {
    const random = randomiser(seed);
    const cues = randomCues(random);
    const ids = cues.map(({ id }) => id).filter(() => random.whole(0, 1));
    const change = random.one([
      () => retiming.shifted(cues, ids, random.whole(-3000, 3000)),
      () => retiming.stretched(cues, ids, { from_ms: 0, to_ms: random.whole(0, 900) }, { from_ms: 5000, to_ms: random.whole(3000, 7000) }),
    ])();
    if (!change) continue;
    const after = changed(cues, change);
    assert.ok(overlapCount(after) <= overlapCount(cues), `seed ${seed}`);
    assert.ok(after.every((cue, at) => cue.start_ms >= (after[at - 1]?.start_ms ?? 0) && cue.end_ms > cue.start_ms));
    assert.ok(cues.every((cue, at) => ids.includes(cue.id) || after[at] === cue));
  }
});

test("subtitles shorter than the editor would make them can be shifted all the same", () => {
  const short = [{ ...CUES[0], end_ms: 1040 }];
  assert.deepEqual(times(changed(short, retiming.shifted(short, ["a"], 500))), [[1500, 1540]]);
});

test("a factor is read as people write it", () => {
  const read = { "25/23.976": 25 / 23.976, "1,0427": 1.0427, " 104.27 % ": 1.0427, "24 : 25": 0.96, "１.5": 1.5 };
  for (const [text, factor] of Object.entries(read)) {
    assert.ok(Math.abs(retiming.factorOfText(text) - factor) < 1e-9, text);
  }
  for (const text of ["", "x", "0", "1/0", "-1", "25/", "/2", "1e3", "50", "1/2/3"]) {
    assert.equal(retiming.factorOfText(text), null, text);
  }
});

test("speakers have letters and colours by the order of their first words", () => {
  assert.deepEqual(speakers.speakersOf(CUES), ["Bea", "Al"]);
  assert.deepEqual([...speakers.badgesOf(CUES)], [["Bea", { letter: "A", colour: 0 }], ["Al", { letter: "B", colour: 1 }]]);
  const many = Array.from({ length: 60 }, (_, at) => ({ ...CUES[0], id: `${at}`, speaker: `S${at}` }));
  const badges = [...speakers.badgesOf(many).values()];
  assert.equal(new Set(badges.map(({ letter }) => letter)).size, 60);
  assert.deepEqual([badges[25].letter, badges[26].letter, badges[8].colour], ["Z", "AA", 0]);
});

test("a name that another has makes both one, everywhere and in one step", () => {
  const history = new History(CUES);
  history.act(speakers.withSpeakerNamed(history.cues, "Bea", "Al"), 0);
  assert.deepEqual(speakers.speakersOf(history.cues), ["Al"]);
  history.undo();
  assert.deepEqual(history.cues, CUES);
});

test("colours of speakers can be read on their badges, and told from boxes, in both themes", () => {
  const css = readFileSync(new URL("../../../src/qasr_cli/page/style.css", import.meta.url), "utf-8");
  const blocks = [...css.matchAll(/:root[^{]*\{([^}]*--who-0[^}]*)\}/g)].map(([, block]) => block);
  assert.equal(blocks.length, 3);
  for (const block of blocks) {
    const colour = (name) => new RegExp(`--${name}: #([0-9a-f]{6})`).exec(block)[1];
    for (let number = 0; number < speakers.COLOUR_COUNT; number++) {
      const who = colour(`who-${number}`);
      assert.ok(contrast(who, colour("who-ink")) >= 4.5, `${number} ${who}`);
      for (const ground of ["card", "accent-soft"]) assert.ok(contrast(who, colour(ground)) >= 3, `${number} ${ground}`);
    }
  }
});

/** As WCAG 2.2 has it. @param {string} one @param {string} other */
function contrast(one, other) {
  const light = (colour) => {
    const [red, green, blue] = [0, 2, 4].map((at) => {
      const part = parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

test("lines that the service breaks belong to the step that joined two cues, unless something came between", () => {
  const laid = (history) => acts.withTexts(history.cues, new Map([["a", "Good morning\nto everybody here"]]), "lines");
  const history = new History(CUES);
  const merge = merged(CUES, "a");
  history.act(merge, 0);
  assert.ok(history.act(laid(history), 9000, merge));
  assert.equal(history.undoes, "merge");
  assert.equal(history.cues[0].text, "Good morning\nto everybody here");
  history.undo();
  assert.deepEqual(history.cues, CUES);
  history.redo();
  assert.equal(history.cues[0].text, "Good morning\nto everybody here");

  const typed = new History(CUES);
  typed.act(merge, 0);
  typed.act(acts.withText(typed.cues, "c", "Thanks"), 10);
  typed.act(laid(typed), 20, merge);
  assert.equal(typed.undoes, "lines");
  typed.undo();
  typed.undo();
  typed.undo();
  assert.deepEqual(typed.cues, CUES);
  assert.equal(typed.first, CUES);
});

test("breaking lines elsewhere keeps every word's time", () => {
  const words = [{ text: "Good", start_ms: 1000, end_ms: 1300 }, { text: "morning", start_ms: 1500, end_ms: 2000 }];
  const cues = [{ ...CUES[0], words }];
  const after = changed(cues, acts.withTexts(cues, new Map([["a", "Good\nmorning"]]), "lines"));
  assert.equal(after[0].words, words);
});

test("a cue of two people is merged, named, parted and read line by line", () => {
  const two = changed(CUES, merged(CUES, "a", "-"));
  assert.deepEqual(
    [two[0].text, two[0].speaker, two[0].line_speakers],
    ["-Good morning\n-to everybody here", null, ["Bea", "Al"]],
  );
  assert.deepEqual(speakers.speakersOf(two), ["Bea", "Al"]);
  assert.equal(labelOf(two, 1), "Bea: ");
  assert.equal(labelOf([two[0], { ...CUES[2], speaker: "Al" }], 1), "");
  assert.equal(plainText(two), "Bea: Good morning\n\nAl: to everybody here\n\nBea: Thanks.");

  const named = changed(two, speakers.withSpeakerNamed(two, "Al", "Cy"));
  assert.deepEqual(named[0].line_speakers, ["Bea", "Cy"]);
  assert.notEqual(contentOf(named[0]), contentOf(two[0]));
  const one = changed(two, speakers.withSpeakerNamed(two, "Al", "Bea"));
  assert.deepEqual([one[0].text, one[0].speaker, one[0].line_speakers], ["Good morning\nto everybody here", "Bea", undefined]);
  const hers = changed(two, speakers.withSpeaker(two, ["a"], "Bea"));
  assert.deepEqual(bare(hers[0]), bare(one[0]));

  const parts = changed(two, acts.split(two, "a", two[0].text.indexOf("\n"), "d"));
  assert.deepEqual(parts.slice(0, 2).map(({ text, speaker, line_speakers }) => [text, speaker, line_speakers]), [
    ["Good morning", "Bea", undefined],
    ["to everybody here", "Al", undefined],
  ]);
});

test("a cue of two people and the next are merged into a line for each of them", () => {
  const two = changed(CUES, merged(CUES, "a", "-"));
  const three = changed(two, merged(two, "a", "-"));
  assert.deepEqual(
    [three[0].text, three[0].speaker, three[0].line_speakers],
    ["-Good morning\n-to everybody here\n-Thanks.", null, ["Bea", "Al", "Bea"]],
  );
  const fours = [two[0], { ...two[0], id: "x", start_ms: 9000, end_ms: 9900 }];
  const four = changed(fours, merged(fours, "a", "-"));
  assert.deepEqual(four[0].line_speakers, ["Bea", "Al", "Bea", "Al"]);
});

test("every rule has its sentence in both languages, by kind and numbers", () => {
  const mark = { cue: 1, severity: "warning", figure: 22.04, limit: 17, text: "in English" };
  for (const kind of KINDS) {
    for (const table of Object.values(MESSAGES)) {
      assert.ok(table[`check.said.${kind}`] && table[`check.kind.${kind}`], kind);
    }
  }
  const { key, values } = messageOf({ ...mark, kind: "reading-speed" }, { gap_ms: 83 });
  assert.deepEqual([key, values.figure, values.limit, values.gap], ["reading-speed", "22", "17", 83]);
  assert.equal(messageOf({ ...mark, kind: "new-rule" }, {}), null);
  assert.deepEqual(countsByKind([[{ ...mark, kind: "a" }], [{ ...mark, kind: "b" }, { ...mark, kind: "b" }]]), [["b", 2], ["a", 1]]);
});

test("a caption's lines fit the picture, and its text is no markup", () => {
  assert.equal(letterPercent("Short"), 3.4);
  assert.ok(letterPercent("x".repeat(60)) < 3.4 && letterPercent("x".repeat(60)) > 1.6);
  assert.equal(letterPercent("字".repeat(30)), letterPercent("x".repeat(60)));
  assert.equal(trackText("a < b & c --> d"), "a &lt; b &amp; c --&gt; d");
  assert.deepEqual([labelOf(CUES, 0), labelOf(CUES, 1), labelOf([CUES[0], { ...CUES[2] }], 1)], ["Bea: ", "Al: ", ""]);
  assert.equal(labelOf([{ ...CUES[0], speaker: null }], 0), "");
});
