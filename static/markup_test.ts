import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { KnownNames } from "./known_names.ts";
import { type Markup, mentions, parseMarkup, plainText } from "./markup.ts";

const NAMES = [
  "Ana",
  "Ana María",
  "Guest 123",
  "Guest 1234",
  "林小雨",
  "محمد",
  "민수",
  "Νίκος",
  "*st`r*",
  "İpek",
  "J.R",
];
const names = new KnownNames(NAMES);

/** A tree in a notation for tests: b(…), i(…), c(…), pre(…), a(…), @(…), and text as it is. */
function shown(markup: readonly Markup[]): string {
  return markup.map((part) => {
    switch (part.kind) {
      case "text":
        return part.text;
      case "bold":
        return `b(${shown(part.inner)})`;
      case "italic":
        return `i(${shown(part.inner)})`;
      case "code":
        return `c(${part.text})`;
      case "block":
        return `pre(${part.text})`;
      case "link":
        return `a(${part.text})`;
      case "mention":
        return `@(${part.name})`;
    }
  }).join("");
}

function read(text: string): string {
  return shown(parseMarkup(text, names));
}

/** Every source reads so; one that stands alone has no markup. */
function reads(...examples: readonly (readonly [source: string, expected?: string])[]): void {
  for (const [source, expected = source] of examples) {
    assert.equal(read(source), expected, JSON.stringify(source));
    assert.equal(sourceOf(parseMarkup(source, names)), source);
  }
}

/** What was typed, put together again. */
function sourceOf(markup: readonly Markup[]): string {
  return markup.map((part) => {
    switch (part.kind) {
      case "bold":
        return `**${sourceOf(part.inner)}**`;
      case "italic":
        return `*${sourceOf(part.inner)}*`;
      case "code":
        return part.ticks + part.text + part.ticks;
      case "block":
        return part.opening + part.text + part.closing;
      default:
        return part.text;
    }
  }).join("");
}

function hrefs(text: string): string[] {
  return parseMarkup(text, names).flatMap((part) => part.kind === "link" ? [part.href] : []);
}

test("What nobody marked stays as it is", () => {
  reads([""], [" "], ["\n\n"], ["Hello"], ["two\nlines\n"], ["<b>&amp;</b>"], ["_no_ ~~no~~ # no"], ["\\*"], [
    "\u2028a",
  ]);
  assert.deepEqual(parseMarkup("", names), []);
  assert.deepEqual(parseMarkup("a\n*b @c `d", names), [{ kind: "text", text: "a\n*b @c `d" }]);
});

test("Stars make words bold and italic, in any script", () => {
  reads(
    ["**bold**", "b(bold)"],
    ["*italic*", "i(italic)"],
    ["a **b c** d *e* f", "a b(b c) d i(e) f"],
    ["**a** **b**", "b(a) b(b)"],
    ["un**believ**able", "unb(believ)able"],
    ["**Note:**text", "b(Note:)text"],
    ["这是**重点**内容", "这是b(重点)内容"],
    ["这是*重点*内容", "这是i(重点)内容"],
    ["**“重点”**。*《书》*，", "b(“重点”)。i(《书》)，"],
    ["هذا **مهم** جدا و*هذا*", "هذا b(مهم) جدا وi(هذا)"],
    ["**👍**", "b(👍)"],
    ["**a\n**b**\n**", "**a\nb(b)\n**"],
  );
});

test("Stars that stand in a calculation, in a list or alone are stars", () => {
  reads(
    ["2*3*4"],
    ["a * b * c"],
    ["2 ** 3 ** 4"],
    ["a*b*c"],
    ["é*b* *b*é"],
    ["e\u0301*b*"],
    ["2*（3）*4"],
    ["* one\n* two"],
    ["** a**"],
    ["**a **"],
    ["*　a*"],
    ["*a　*"],
    ["*"],
    ["**"],
    ["****"],
    ["****a****"],
    ["**a"],
    ["a**"],
    ["*a**"],
    ["**a*"],
  );
});

test("Emphasis does not cross a line", () => {
  reads(["**a\nb**"], ["*a\nb*"], ["*a\n*b*", "*a\ni(b)"]);
});

test("Bold and italic can be in each other", () => {
  reads(
    ["**a *b* c**", "b(a i(b) c)"],
    ["*a **b** c*", "i(a b(b) c)"],
    ["***a***", "b(i(a))"],
    ["***a* b**", "b(i(a) b)"],
    ["***a** b*", "i(b(a) b)"],
    ["**a *b***", "b(a i(b))"],
    ["*a **b***", "i(a b(b))"],
    ["**a *b* *c* d** *e*", "b(a i(b) i(c) d) i(e)"],
    ["**甲***乙*", "b(甲)i(乙)"],
    ["*甲***乙**", "i(甲)b(乙)"],
  );
});

test("What overlaps, or is not closed, is text, and nearer stars belong together", () => {
  reads(
    ["**a *b** c*", "b(a *b) c*"],
    ["*a **b* c**", "i(a **b) c**"],
    ["**a **b**", "**a b(b)"],
    ["*a *b*", "*a i(b)"],
    ["*a **b *c* d**", "*a b(b i(c) d)"],
    ["***a**", "*b(a)"],
    ["***a*", "**i(a)"],
    ["*a **b", "*a **b"],
    ["*a `b` **c @Ana", "*a c(b) **c @(Ana)"],
    ["***a"],
    ["a***"],
  );
});

test("Backticks make code, in which nothing else is marked", () => {
  reads(
    ["`a`", "c(a)"],
    ["a`b`c", "ac(b)c"],
    ["用`代码`写", "用c(代码)写"],
    ["`**a** @Ana https://x.y`", "c(**a** @Ana https://x.y)"],
    ["``a`b``", "c(a`b)"],
    ["```a``b`c```", "c(a``b`c)"],
    ["**`a*b`**", "b(c(a*b))"],
    ["*a `b* c`", "*a c(b* c)"],
    ["`a``b`", "c(a``b)"],
  );
});

test("Backticks that have no match on their line are backticks", () => {
  reads(["`"], ["``"], ["```"], ["`a"], ["`a``"], ["``a`"], ["`a\nb`"], ["````a````"], ["````` `a`", "````` c(a)"]);
});

test("Lines between fences are a block of code, without the name of its language", () => {
  reads(
    ["```\na\n```", "pre(a\n)"],
    ["```ts\na\n\n  b\n```\n", "pre(a\n\n  b\n)"],
    ["```c++ \na\n``` \n", "pre(a\n)"],
    ["x\n```\na\n```\ny", "x\npre(a\n)y"],
    ["```\n*a* `b` @Ana\n````\n```", "pre(*a* `b` @Ana\n````\n)"],
    ["```\n```ts\n```", "pre(```ts\n)"],
    ["```\n```", "pre()"],
    ["```\na\n```\n```\nb\n```", "pre(a\n)pre(b\n)"],
    ["*a\n```\nb*\n```", "*a\npre(b*\n)"],
  );
});

test("A first line that is more than a language is code", () => {
  reads(
    ["```let a;\nlet b;\n```", "pre(let a;\nlet b;\n)"],
    ["```你好\n```", "pre(你好\n)"],
    [`\`\`\`${"a".repeat(21)}\n\`\`\``, `pre(${"a".repeat(21)}\n)`],
  );
});

test("A fence that is not closed, or within a line, is text", () => {
  reads(
    ["```\na"],
    ["```\n*a*", "```\ni(a)"],
    ["a ```\nb\n``` c"],
    [" ```\na\n ```"],
    ["```\na\n```\n```\nb", "pre(a\n)```\nb"],
    ["```a`b\nc\n```"],
    ["```a``` ```\nc\n```", "c(a) ```\nc\n```"],
  );
});

test("Addresses of the web and of mail lead there", () => {
  reads(
    ["http://a", "a(http://a)"],
    ["see https://example.com/a?b=c#d!", "see a(https://example.com/a?b=c#d)!"],
    ["HTTPS://EXAMPLE.COM", "a(HTTPS://EXAMPLE.COM)"],
    ["http://localhost:8080/", "a(http://localhost:8080/)"],
    ["http://[::1]:80/", "a(http://[::1]:80/)"],
    ["mailto:a@b.c", "a(mailto:a@b.c)"],
    ["请看https://例子.中国/路径谢谢。好", "请看a(https://例子.中国/路径谢谢)。好"],
    ["https://x.y/مرحبا، شكرا", "a(https://x.y/مرحبا)، شكرا"],
    ["https://x.y/café/Foo–Bar", "a(https://x.y/café/Foo–Bar)"],
    ["https://x.y\nhttps://x.z", "a(https://x.y)\na(https://x.z)"],
  );
});

test("An address leads where the browser would, whatever it looks like", () => {
  assert.deepEqual(hrefs("HTTPS://Example.COM/ä?b c"), ["https://example.com/%C3%A4?b"]);
  assert.deepEqual(hrefs("https://аpple.com"), ["https://xn--pple-43d.com/"]);
  assert.deepEqual(hrefs("MAILTO:A@B.C"), ["mailto:A@B.C"]);
  assert.deepEqual(hrefs("https://x.y/\ud800"), ["https://x.y/%EF%BF%BD"]);
});

test("The punctuation of the sentence does not belong to an address, brackets that it opened do", () => {
  for (const after of [..."!?.,:;'\")]}><。，、；：！？）】》」』”’…（“　\t`", "...", ").", "?!", "’s", "——好", "؟"]) {
    reads([`https://x.y/a${after}`, `a(https://x.y/a)${after}`]);
  }
  reads(
    ["(https://x.y/a_(b))", "(a(https://x.y/a_(b)))"],
    ["https://x.y/a_(b)", "a(https://x.y/a_(b))"],
    ["https://x.y/a_(b).", "a(https://x.y/a_(b))."],
    ["https://x.y/[a]{b}", "a(https://x.y/[a]{b})"],
    ["<https://x.y>", "<a(https://x.y)>"],
    ["“https://x.y”", "“a(https://x.y)”"],
    ["（https://x.y）", "（a(https://x.y)）"],
    ["`a` https://x.y`b`", "c(a) a(https://x.y)c(b)"],
  );
  assert.deepEqual(hrefs("(https://x.y/a_(b)))."), ["https://x.y/a_(b)"]);
  assert.deepEqual(hrefs("https://x.y/a_(b)"), ["https://x.y/a_(b)"]);
});

test("Marks in an address belong to it, those around it do not", () => {
  reads(
    ["https://x.y/**a**", "a(https://x.y/**a**)"],
    ["https://x.y/*a*.", "a(https://x.y/*a*)."],
    ["https://x.y/@Ana", "a(https://x.y/@Ana)"],
    ["**https://x.y**", "b(a(https://x.y))"],
    ["***https://x.y/a***", "b(i(a(https://x.y/a)))"],
    ["*see https://x.y/a.*", "i(see a(https://x.y/a).)"],
  );
});

test("Nothing else leads anywhere", () => {
  reads(
    ["javascript:alert(1)"],
    ["JaVaScRiPt://%0aalert(1)"],
    ["data:text/html,<script>"],
    ["ftp://x.y"],
    ["file:///etc/passwd"],
    ["blob:https://x.y", "blob:a(https://x.y)"],
    ["www.example.com"],
    ["//x.y"],
    ["http:/x.y"],
    ["http:x.y"],
    ["http://"],
    ["http://."],
    ["http://?"],
    ["http:///x.y"],
    ["http://:80"],
    ["http://x.y:99999"],
    ["http://[::1"],
    ["http://a%zz"],
    ["xhttps://x.y"],
    ["2https://x.y"],
    ["éhttps://x.y"],
    ["mailto:"],
    ["mailto:a"],
    ["mailto:@b"],
    ["mailto:a@b@c"],
    ["mailto:a@b?attach=/etc/passwd"],
    ["mailto:a%0ab@c"],
    ["mailto:a@b#c"],
    ["mailto://@b"],
    ["mailto://a@b"],
  );
});

test("An address that is made to look like another leads nowhere, nor does a part of it", () => {
  reads(
    ["https://bank.example@evil.example"],
    ["https://bank.example:a@evil.example/https://x.y"],
    ["https://@evil.example"],
    ["https://bank.example@evil.example/@Ana"],
    ["https://x.y/\u202eb", "a(https://x.y/)\u202eb"],
    ["https://x.y\u2066b", "a(https://x.y)\u2066b"],
    ["https://x\u200b.y", "a(https://x)\u200b.y"],
    ["https://x.y\\@z", "a(https://x.y)\\@z"],
    ["https://x.y/a@b", "a(https://x.y/a@b)"],
  );
});

test("An @ with a name that is known mentions somebody, in capitals or not", () => {
  reads(
    ["@Ana", "@(Ana)"],
    ["@ANA, @ana: @Ana's", "@(Ana), @(Ana): @(Ana)'s"],
    ["(@Ana) **@Ana**", "(@(Ana)) b(@(Ana))"],
    ["@ana maría!", "@(Ana María)!"],
    ["@Ana Mari\u0301a", "@(Ana María)"],
    ["@ΝΊΚΟΣ @νίκος", "@(Νίκος) @(Νίκος)"],
    ["@İPEK", "@(İpek)"],
    ["@İpek @ana", "@(İpek) @(Ana)"],
    ["你好@林小雨", "你好@(林小雨)"],
    ["مرحبا @محمد، كيف", "مرحبا @(محمد)، كيف"],
    ["@@Ana", "@@(Ana)"],
    ["-@Ana ...@Ana wait...@Ana", "-@(Ana) ...@(Ana) wait...@(Ana)"],
    ["＠Ana 你好＠林小雨", "@(Ana) 你好@(林小雨)"],
    ["@*st`r* `a`", "@(*st`r*) c(a)"],
  );
  assert.deepEqual(parseMarkup("@ANA", names), [{ kind: "mention", text: "@ANA", name: "Ana" }]);
});

test("The longest name is meant, and not the beginning of a word", () => {
  reads(
    ["@Ana María @Ana Mar", "@(Ana María) @(Ana) Mar"],
    ["@Guest 1234 @Guest 123 @Guest 12345", "@(Guest 1234) @(Guest 123) @Guest 12345"],
    ["@Ana Maríana", "@(Ana) Maríana"],
    ["@Anastasia"],
    ["@Ana_b"],
    ["@Ana2"],
    ["@Ana\u0301"],
    ["@Ana-Lena"],
    ["@Ana.Lena"],
    ["@Anaя"],
    ["@محمدون"],
    ["@Ana. @Ana- @Ana... ok", "@(Ana). @(Ana)- @(Ana)... ok"],
    ["@J.R.", "@(J.R)."],
    ["@J"],
  );
});

test("A name can be followed at once by a script that has no spaces, or be of one", () => {
  reads(
    ["@林小雨你好", "@(林小雨)你好"],
    ["@林小雨hello", "@(林小雨)hello"],
    ["@Ana你好", "@(Ana)你好"],
    ["@Anaさん", "@(Ana)さん"],
    ["@Anaครับ", "@(Ana)ครับ"],
    ["@민수야", "@(민수)야"],
    ["@林小雨-x", "@(林小雨)-x"],
  );
});

test("Who is not known is not mentioned, nor is anybody by an e-mail address", () => {
  reads(["@nobody"], ["@"], ["@ Ana"], ["a@Ana"], ["1@Ana"], ["é@Ana"], ["a.@Ana"], ["a-@Ana"], ["a_@Ana"], ["@林小"], [
    "a＠Ana",
  ]);
  assert.equal(shown(parseMarkup("@Ana @", new KnownNames(["", "@"]))), "@Ana @");
});

test("Somebody is mentioned by name outside of code", () => {
  for (const text of ["@Ana", "hi @ana!", "＠Ana", "a\n**b @Ana**", "```\n@Ana"]) {
    assert.ok(mentions(text, "Ana"), text);
  }
  for (const text of ["", "Ana", "`@Ana`", "```\n@Ana\n```", "@Anastasia", "https://x.y/@Ana", "x@Ana.y"]) {
    assert.ok(!mentions(text, "Ana"), text);
  }
  assert.ok(mentions("@ANA", "ana", names));
  assert.ok(!mentions("@Ana María", "Ana", names), "somebody else");
  assert.ok(mentions("@Ana María", "Ana"), "as far as is known");
});

test("The plain text has the words and not the marks", () => {
  const text = "**a *b*** `c`\n```ts\nd\n```\n@ana https://x.y 2*3";
  assert.equal(plainText(parseMarkup(text, names)), "a b c\nd\n@ana https://x.y 2*3");
});

const PIECES = [
  ..."*`@\n ._-()[]{}<>\"'\\a2é中。（ا👍\ud800\udc00\u0301\u202e\u200b\u2028\u00a0",
  ..."** *** **** `` ``` ```ts\n ```\n \n```\n http:// https:// mailto: javascript: https://x.y mailto:a@b <img>".split(
    " ",
  ),
  ...NAMES.map((name) => `@${name}`),
];
const hostile = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((pieces) => pieces.join("")) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);

/** Every part, with those that it is in, from the outermost. */
function* all(markup: readonly Markup[], around: readonly Markup[] = []): Iterable<[Markup, readonly Markup[]]> {
  for (const part of markup) {
    yield [part, around];
    if ("inner" in part) yield* all(part.inner, [...around, part]);
  }
}

// A failure prints its seed and path, which repeat it.
test("Whatever is typed, nothing of it is lost, and nothing is where it can't be", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const markup = parseMarkup(text, names);
      assert.equal(sourceOf(markup), text);
      let last: Markup | undefined;
      for (const [part, around] of all(markup)) {
        assert.ok(
          new Set(around.map(({ kind }) => kind)).size === around.length && around.length <= 2,
          "nested deeper",
        );
        if ("inner" in part) {
          assert.ok(!around.some(({ kind }) => kind === part.kind));
          assert.match(sourceOf(part.inner), /^\S(?:.*\S)?$/su);
        } else {
          assert.ok(part.text !== "" || part.kind === "block", "nothing in it");
        }
        if (part.kind === "code") assert.match(part.ticks, /^`{1,3}$/);
        if (part.kind === "link") assert.match(part.href, /^(?:https?:\/\/[^/@]|mailto:[^@?]+@[^@?]+$)/);
        if (part.kind === "mention") assert.ok(NAMES.includes(part.name));
        if (part.kind === "block") {
          assert.equal(around.length, 0);
          assert.match(part.opening, /^```(?:[\w+#.-]{0,20}[ \t]*\n)?$/);
          assert.match(part.closing, /^```[ \t]*\n?$/);
          assert.match(part.text, /^(?:[^]*\n)?$/);
        } else if (part.kind !== "text" && around.length > 0) {
          assert.ok(!sourceOf([part]).includes("\n"));
        }
        assert.ok(part.kind !== "text" || last?.kind !== "text" || "inner" in last, "two texts that are one");
        last = around.length === 0 ? part : undefined;
      }
    }),
    { numRuns: 20_000 },
  );
});

test("Without the characters that mark something, what is typed and what is shown are the same", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      // But for blocks, of whose fences more goes; without a fence on a line of its own none is closed.
      const typed = text.replaceAll("\n```", "\n ```");
      const bare = (text: string) => text.replaceAll(/[*`]/g, "");
      assert.equal(bare(plainText(parseMarkup(typed, names))), bare(typed));
    }),
    { numRuns: 5_000 },
  );
});

const LENGTH = 64 * 1024;
const HOSTILE: Readonly<Record<string, string>> = {
  "stars": "*",
  "stars apart": "* ",
  "stars that open": "**a ",
  "stars that open both": "***a ",
  "stars that open one in the other": "*a **b ",
  "stars that close": "a** ",
  "overlapping": "**甲*乙",
  "backticks": "`",
  "backticks apart": "` ",
  "backticks in twos and ones": "``a` ",
  "backticks on lines": "`a\n",
  "fences": "```\n",
  "fences that only open": "```a\n",
  "signs": "@",
  "beginnings of a name": "@name 12",
  "mentions": "@name 123 ",
  "addresses": "http://",
  "addresses apart": "http://a ",
  "addresses with a name": "http://a@",
  "broken addresses": "http://[",
  "letters before addresses": "xhttps://",
  "mail": "mailto:",
  "brackets": ")",
  "opened brackets": "(",
  "brackets and stars": ")*",
  "full stops": ".",
  "full stops and letters": ".a",
  "spaces": " ",
  "lines": "\n",
  "marks": "\u0301",
};

test("A message as long as can be is read at once, whatever is in it", () => {
  const many = new KnownNames(Array.from({ length: 300 }, (_, number) => `name ${number}`));
  for (const [what, piece] of Object.entries(HOSTILE)) {
    for (const before of ["", "https://x.y/", "https://x.y/*a", "**a", "```\n", "@"]) {
      const text = before + piece.repeat(LENGTH / piece.length);
      // It takes some ms, or tens. If it grew with the square of the length, it would be seconds, each time.
      let [ms, tries] = [Infinity, 0];
      for (; ms > 1_000 && tries < 3; tries++) {
        const start = performance.now();
        assert.equal(sourceOf(parseMarkup(text, many)), text);
        ms = performance.now() - start;
      }
      assert.ok(ms <= 1_000, `${what} after ${JSON.stringify(before)}: ${ms.toFixed()} ms`);
    }
  }
});
