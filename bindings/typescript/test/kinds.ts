// Messages in the form of generated code, one field for each thing that a container or a union can be.

import * as v1 from "aster-runtime/codegen/v1";
import { typeDef } from "./support.js";

export const Mood = { CALM: 0, LOUD: 1, WILD: 7 } as const;
export type Mood = (typeof Mood)[keyof typeof Mood];
export const Mood$ = v1.enumeration<Mood>("test.Mood", typeDef(1), Mood);

export type Empty = Record<string, never>;
export const Empty: v1.MessageType<Empty> = v1.message<Empty>({
  name: "test.Empty",
  typeDef: typeDef(2, 0),
  create: () => ({}),
  write(w, value) {
    w.object(value, "test.Empty");
  },
  read: () => ({}),
});

export interface Leaf {
  name: string;
}
export const Leaf: v1.MessageType<Leaf> = v1.message<Leaf>({
  name: "test.Leaf",
  typeDef: typeDef(3),
  create: (init) => ({ name: init.name }),
  write(w, value) {
    w.object(value, "test.Leaf");
    let field = "";
    try {
      field = "name";
      w.string(value.name);
    } catch (error) {
      throw v1.within(error, field);
    }
  },
  read(r) {
    let field = "";
    try {
      field = "name";
      const name = r.string();
      return { name };
    } catch (error) {
      throw v1.within(error, field);
    }
  },
});

export type Choice =
  | { case: "leaf"; value: Leaf }
  | { case: "number"; value: number }
  | { case: "mood"; value: Mood }
  | { case: "nest"; value: Nest };
export const Choice: v1.UnionType<Choice> = v1.union<Choice>({
  name: "test.Choice",
  create: (init) => init,
  write(w, value) {
    w.object(value, "test.Choice");
    let field = "";
    try {
      switch (value.case) {
        case "leaf":
          field = "leaf";
          w.unionCase(1);
          w.enter(Leaf.typeDef);
          Leaf.write(w, value.value);
          w.leave();
          break;
        case "number":
          field = "number";
          w.scalarCase(2, v1.WireType.INT32);
          w.int32(value.value);
          break;
        case "mood":
          field = "mood";
          w.enumCase(3, value.value, Mood$);
          break;
        case "nest":
          field = "nest";
          w.unionCase(4);
          w.enter(Nest.typeDef);
          Nest.write(w, value.value);
          w.leave();
          break;
        default:
          throw v1.unknownCaseName("test.Choice", value);
      }
    } catch (error) {
      throw v1.within(error, field);
    }
  },
  read(r) {
    let field = "";
    try {
      const number = r.unionCase();
      switch (number) {
        case 1: {
          field = "leaf";
          r.enter(Leaf.typeDef);
          const value = Leaf.read(r);
          r.leave();
          return { case: "leaf", value };
        }
        case 2:
          field = "number";
          r.caseType(v1.WireType.INT32);
          return { case: "number", value: r.int32() };
        case 3:
          field = "mood";
          return { case: "mood", value: r.enumCase(Mood$) };
        case 4: {
          field = "nest";
          r.enter(Nest.typeDef);
          const value = Nest.read(r);
          r.leave();
          return { case: "nest", value };
        }
        default:
          throw v1.unknownCase("test.Choice", number);
      }
    } catch (error) {
      throw v1.within(error, field);
    }
  },
});

/** As deep as its value. */
export interface Nest {
  next?: Nest | undefined;
  nests: Nest[];
  named: Map<string, Nest>;
}
export const Nest: v1.MessageType<Nest> = v1.message<Nest>({
  name: "test.Nest",
  typeDef: typeDef(4, 3),
  create: (init) => init,
  write(w, value) {
    w.object(value, "test.Nest");
    let field = "";
    let at0: v1.At;
    try {
      field = "next";
      const next = value.next;
      if (w.present(next)) {
        w.enter(Nest.typeDef);
        Nest.write(w, next);
        w.leave();
      }
      field = "nests";
      const nests = value.nests;
      const count = w.messages(nests, Nest.typeDef);
      for (let i = 0; i < count; i++) {
        at0 = i;
        Nest.write(w, nests[i] as Nest);
      }
      at0 = undefined;
      if (count !== 0) w.leave();
      field = "named";
      const named = value.named;
      const size = w.messageMap(named);
      let left = size;
      let run = 0;
      for (const [key, entry] of named) {
        at0 = key;
        run = w.messagePair(run, Nest.typeDef);
        w.string(key);
        Nest.write(w, entry);
        left--;
      }
      at0 = undefined;
      if (left !== 0) throw w.changed();
      if (size !== 0) w.leave();
    } catch (error) {
      throw v1.within(error, field, at0);
    }
  },
  read(r) {
    let field = "";
    let at0: v1.At;
    try {
      field = "next";
      let next: Nest | undefined;
      if (r.present()) {
        r.enter(Nest.typeDef);
        next = Nest.read(r);
        r.leave();
      }
      field = "nests";
      const nests: Nest[] = [];
      const count = r.messages(Nest.typeDef);
      for (let i = 0; i < count; i++) {
        at0 = i;
        nests.push(Nest.read(r));
      }
      at0 = undefined;
      if (count !== 0) r.leave();
      field = "named";
      const named = new Map<string, Nest>();
      for (let left = r.count(); left !== 0;) {
        let n = r.messageChunk(left, Nest.typeDef);
        left -= n;
        for (; n !== 0; n--) {
          at0 = named.size;
          const key = r.string();
          at0 = key;
          if (named.has(key)) throw r.repeatedKey();
          named.set(key, Nest.read(r));
        }
        r.leave();
      }
      at0 = undefined;
      return { next, nests, named };
    } catch (error) {
      throw v1.within(error, field, at0);
    }
  },
});

export interface Box {
  leaf: Leaf;
  choice: Choice;
  mood: Mood;
  texts: string[];
  maybeTexts: (string | undefined)[];
  leaves: Leaf[];
  maybeLeaves: (Leaf | undefined)[];
  empties: Empty[];
  maybeEmpties: (Empty | undefined)[];
  choices: Choice[];
  matrix: number[][];
  numbers: Set<number>;
  names: Map<string, number>;
  maybeNames: Map<number, string | undefined>;
  byName: Map<string, Leaf>;
  maybeByName: Map<string, Leaf | undefined>;
}

/** A value of it, to begin with. */
export function box(): Box {
  return {
    leaf: { name: "" },
    choice: { case: "number", value: 0 },
    mood: Mood.CALM,
    texts: [],
    maybeTexts: [],
    leaves: [],
    maybeLeaves: [],
    empties: [],
    maybeEmpties: [],
    choices: [],
    matrix: [],
    numbers: new Set(),
    names: new Map(),
    maybeNames: new Map(),
    byName: new Map(),
    maybeByName: new Map(),
  };
}

export const Box: v1.MessageType<Box> = v1.message<Box>({
  name: "test.Box",
  typeDef: typeDef(5, 16),
  create: (init) => init,
  write(w, value) {
    w.object(value, "test.Box");
    let field = "";
    let at0: v1.At;
    let at1: v1.At;
    try {
      field = "leaf";
      w.enter(Leaf.typeDef);
      Leaf.write(w, value.leaf);
      w.leave();
      field = "choice";
      Choice.write(w, value.choice);
      field = "mood";
      w.enumeration(value.mood, Mood$);
      field = "texts";
      for (let i = 0, n = w.list(value.texts); i < n; i++) {
        at0 = i;
        w.string(value.texts[i] as string);
      }
      at0 = undefined;
      field = "maybe_texts";
      for (let i = 0, n = w.optionalList(value.maybeTexts), nulls = w.nulls; i < n; i++) {
        at0 = i;
        const text = value.maybeTexts[i];
        if (nulls ? w.present(text) : true) w.string(text as string);
      }
      at0 = undefined;
      field = "leaves";
      for (let i = 0, n = w.messages(value.leaves, Leaf.typeDef); i < n; i++) {
        at0 = i;
        Leaf.write(w, value.leaves[i] as Leaf);
      }
      at0 = undefined;
      if (value.leaves.length !== 0) w.leave();
      field = "maybe_leaves";
      for (
        let i = 0, n = w.optionalMessages(value.maybeLeaves, Leaf.typeDef), nulls = w.nulls;
        i < n;
        i++
      ) {
        at0 = i;
        const leaf = value.maybeLeaves[i];
        if (nulls ? w.present(leaf) : true) Leaf.write(w, leaf as Leaf);
      }
      at0 = undefined;
      if (value.maybeLeaves.length !== 0) w.leave();
      field = "empties";
      for (let i = 0, n = w.messages(value.empties, Empty.typeDef); i < n; i++) {
        at0 = i;
        Empty.write(w, value.empties[i] as Empty);
      }
      at0 = undefined;
      if (value.empties.length !== 0) w.leave();
      field = "maybe_empties";
      for (
        let i = 0, n = w.optionalMessages(value.maybeEmpties, Empty.typeDef), nulls = w.nulls;
        i < n;
        i++
      ) {
        at0 = i;
        const empty = value.maybeEmpties[i];
        if (nulls ? w.present(empty) : true) Empty.write(w, empty as Empty);
      }
      at0 = undefined;
      if (value.maybeEmpties.length !== 0) w.leave();
      field = "choices";
      for (let i = 0, n = w.list(value.choices); i < n; i++) {
        at0 = i;
        Choice.write(w, value.choices[i] as Choice);
      }
      at0 = undefined;
      field = "matrix";
      for (let i = 0, n = w.list(value.matrix); i < n; i++) {
        at0 = i;
        const row = value.matrix[i] as number[];
        for (let j = 0, m = w.list(row); j < m; j++) {
          at1 = j;
          w.float64(row[j] as number);
        }
        at1 = undefined;
      }
      at0 = undefined;
      field = "numbers";
      let left = w.set(value.numbers);
      for (const number of value.numbers) {
        w.int32(number);
        left--;
      }
      if (left !== 0) throw w.changed();
      field = "names";
      left = w.map(value.names);
      let run = 0;
      for (const [key, entry] of value.names) {
        at0 = key;
        run = w.pair(run);
        w.string(key);
        w.uint32(entry);
        left--;
      }
      at0 = undefined;
      if (left !== 0) throw w.changed();
      field = "maybe_names";
      left = w.map(value.maybeNames);
      run = 0;
      for (const [key, entry] of value.maybeNames) {
        at0 = key;
        if (entry === undefined) {
          run = w.nullPair();
          w.int32(key);
        } else {
          run = w.pair(run);
          w.int32(key);
          w.string(entry);
        }
        left--;
      }
      at0 = undefined;
      if (left !== 0) throw w.changed();
      field = "by_name";
      left = w.messageMap(value.byName);
      run = 0;
      for (const [key, entry] of value.byName) {
        at0 = key;
        run = w.messagePair(run, Leaf.typeDef);
        w.string(key);
        Leaf.write(w, entry);
        left--;
      }
      at0 = undefined;
      if (left !== 0) throw w.changed();
      if (value.byName.size !== 0) w.leave();
      field = "maybe_by_name";
      left = w.messageMap(value.maybeByName);
      run = 0;
      for (const [key, entry] of value.maybeByName) {
        at0 = key;
        if (entry === undefined) {
          run = w.nullPair();
          w.string(key);
        } else {
          run = w.messagePair(run, Leaf.typeDef);
          w.string(key);
          Leaf.write(w, entry);
        }
        left--;
      }
      at0 = undefined;
      if (left !== 0) throw w.changed();
      if (value.maybeByName.size !== 0) w.leave();
    } catch (error) {
      throw v1.within(error, field, at0, at1);
    }
  },
  read(r) {
    let field = "";
    let at0: v1.At;
    let at1: v1.At;
    try {
      field = "leaf";
      r.enter(Leaf.typeDef);
      const leaf = Leaf.read(r);
      r.leave();
      field = "choice";
      const choice = Choice.read(r);
      field = "mood";
      const mood = r.enumeration(Mood$);
      field = "texts";
      const texts: string[] = [];
      for (let i = 0, n = r.list(); i < n; i++) {
        at0 = i;
        texts.push(r.string());
      }
      at0 = undefined;
      field = "maybe_texts";
      const maybeTexts: (string | undefined)[] = [];
      for (let i = 0, n = r.optionalList(), nulls = r.nulls; i < n; i++) {
        at0 = i;
        maybeTexts.push(nulls && !r.present() ? undefined : r.string());
      }
      at0 = undefined;
      field = "leaves";
      const leaves: Leaf[] = [];
      for (let i = 0, n = r.messages(Leaf.typeDef); i < n; i++) {
        at0 = i;
        leaves.push(Leaf.read(r));
      }
      at0 = undefined;
      if (leaves.length !== 0) r.leave();
      field = "maybe_leaves";
      const maybeLeaves: (Leaf | undefined)[] = [];
      for (let i = 0, n = r.optionalMessages(Leaf.typeDef), nulls = r.nulls; i < n; i++) {
        at0 = i;
        maybeLeaves.push(nulls && !r.present() ? undefined : Leaf.read(r));
      }
      at0 = undefined;
      if (maybeLeaves.length !== 0) r.leave();
      field = "empties";
      const empties: Empty[] = [];
      for (let i = 0, n = r.messages(Empty.typeDef); i < n; i++) {
        at0 = i;
        empties.push(Empty.read(r));
      }
      at0 = undefined;
      if (empties.length !== 0) r.leave();
      field = "maybe_empties";
      const maybeEmpties: (Empty | undefined)[] = [];
      for (let i = 0, n = r.optionalMessages(Empty.typeDef), nulls = r.nulls; i < n; i++) {
        at0 = i;
        maybeEmpties.push(nulls && !r.present() ? undefined : Empty.read(r));
      }
      at0 = undefined;
      if (maybeEmpties.length !== 0) r.leave();
      field = "choices";
      const choices: Choice[] = [];
      for (let i = 0, n = r.list(); i < n; i++) {
        at0 = i;
        choices.push(Choice.read(r));
      }
      at0 = undefined;
      field = "matrix";
      const matrix: number[][] = [];
      for (let i = 0, n = r.list(); i < n; i++) {
        at0 = i;
        const row: number[] = [];
        for (let j = 0, m = r.list(); j < m; j++) {
          at1 = j;
          row.push(r.float64());
        }
        at1 = undefined;
        matrix.push(row);
      }
      at0 = undefined;
      field = "numbers";
      const numbers = new Set<number>();
      for (let i = 0, n = r.list(); i < n; i++) {
        at0 = i;
        numbers.add(r.int32());
        if (numbers.size === i) throw r.repeatedElement();
      }
      at0 = undefined;
      field = "names";
      const names = new Map<string, number>();
      for (let left = r.count(); left !== 0;) {
        let n = r.chunk(left);
        left -= n;
        for (; n !== 0; n--) {
          at0 = names.size;
          const key = r.string();
          at0 = key;
          if (names.has(key)) throw r.repeatedKey();
          names.set(key, r.uint32());
        }
      }
      at0 = undefined;
      field = "maybe_names";
      const maybeNames = new Map<number, string | undefined>();
      for (let left = r.count(); left !== 0;) {
        const n = r.optionalChunk(left);
        left -= n || 1;
        for (let i = n || 1; i !== 0; i--) {
          at0 = maybeNames.size;
          const key = r.int32();
          at0 = key;
          if (maybeNames.has(key)) throw r.repeatedKey();
          maybeNames.set(key, n === 0 ? undefined : r.string());
        }
      }
      at0 = undefined;
      field = "by_name";
      const byName = new Map<string, Leaf>();
      for (let left = r.count(); left !== 0;) {
        let n = r.messageChunk(left, Leaf.typeDef);
        left -= n;
        for (; n !== 0; n--) {
          at0 = byName.size;
          const key = r.string();
          at0 = key;
          if (byName.has(key)) throw r.repeatedKey();
          byName.set(key, Leaf.read(r));
        }
        r.leave();
      }
      at0 = undefined;
      field = "maybe_by_name";
      const maybeByName = new Map<string, Leaf | undefined>();
      for (let left = r.count(); left !== 0;) {
        const n = r.optionalMessageChunk(left, Leaf.typeDef);
        left -= n || 1;
        for (let i = n || 1; i !== 0; i--) {
          at0 = maybeByName.size;
          const key = r.string();
          at0 = key;
          if (maybeByName.has(key)) throw r.repeatedKey();
          maybeByName.set(key, n === 0 ? undefined : Leaf.read(r));
        }
        if (n !== 0) r.leave();
      }
      at0 = undefined;
      return {
        leaf,
        choice,
        mood,
        texts,
        maybeTexts,
        leaves,
        maybeLeaves,
        empties,
        maybeEmpties,
        choices,
        matrix,
        numbers,
        names,
        maybeNames,
        byName,
        maybeByName,
      };
    } catch (error) {
      throw v1.within(error, field, at0, at1);
    }
  },
});
