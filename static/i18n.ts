/**
 * Every word of the page, in every language that it speaks. Others use `words` at the moment when they say something and
 * copy nothing of it before: until `speak` was called it is English.
 * @module
 */

/** The languages that there are, each by its own name. */
export const LANGUAGES = { en: "English", zh: "简体中文" } as const;
/** One of them. */
export type Language = keyof typeof LANGUAGES;

/** Where a sentence has something in braces, an element is put there: see `insert` in translate.ts. */
const en = {
  // The head: the connection, the way to the panels, the search.
  connecting: "Connecting…",
  connected: "Connected",
  stalled: "The server can’t keep messages now. Yours wait here and go out by themselves.",
  lost: "Not connected. Trying again soon.",
  lostOffline: "You are offline. Trying again soon.",
  lostGoingAway: "The server went away. Trying again soon.",
  lostTooBig: "That message was too long for the server. Trying again soon.",
  lostSlow: "This connection was too slow to keep up. Trying again soon.",
  lostTooFast: "The server got too much at once from here. Trying again soon.",
  lostOverloaded: "The server has too much to do. Trying again soon.",
  lostNoHello: "The server did not hear from this page in time. Trying again soon.",
  lostStorage: "The server can’t read or keep messages at the moment. Trying again soon.",
  retryIn: (seconds: number) => ` (${seconds} s)`,
  retryNow: "Try now",
  endedNotText: "The server ended the connection: it takes nothing but text.",
  ended: (reason: string) => `The server ended the connection: ${reason}.`,
  endedMalformed: "The server ended the connection: it did not understand this page. Please load it anew.",
  endedDenied: "The server does not let this page in.",
  banIsOver: "Your ban is over.",
  unsupported: "Your browser has no WebSockets, which Hubbub needs. Any current browser will do.",
  roomsUnread: (count: string) => `Rooms, ${count} unread`,
  searchMessages: "Search the messages",
  search: "Search",

  // Coming in.
  key: "Key",
  comeIn: "Come in",
  goOnWithout: "Go on without it",
  asAdministrator: "You came in as an administrator.",
  asMember: "You came in with a key.",
  asGuest: "You are a guest: a link lets you into this one room.",
  forgetPass: "Forget it in this browser",

  // The rooms.
  rooms: "Rooms",
  unread: "{count} unread",
  mentionsOfMe: "{count} mention you",
  mute: "Mute this room",
  muted: "muted",
  leaveRoom: (room: string) => `Leave ${room}`,
  joinOrMake: "Join or make a room",
  join: "Join",
  roomMissing: "Write the room’s name first.",
  roomCharacters: "A room’s name has only letters from a to z, digits, - and _.",
  roomBeginning: "A room’s name begins with a letter or a digit.",
  roomLong: "A room’s name has at most 64 letters.",
  roomOfAddress: "The address names a room that can’t be. This is the lobby.",

  // The conversation.
  conversation: "Conversation",
  messages: "Messages",
  nothingSaid: "Nobody has said anything here yet. Say hello, or send someone the address of this page.",
  older: "Older messages",
  newest: "Newest ↓",
  newMessages: (count: string) => `${count} new ↓`,
  youMissed: (count: number) => count === 1 ? "You missed 1 message" : `You missed ${count} messages`,
  new: "New",
  reloaded: "Reloaded after the connection was lost",
  me: "You",
  sending: "Sending…",
  waiting: "Waiting for the connection…",
  notSent: "Not sent",
  unsent: "Not sent yet",
  tryAgain: "Try again",
  discard: "Delete",
  waitsItsTurn: "Waits its turn…",
  messageActions: "What to do with this message",
  deleteMessage: "Delete…",
  deleteAsk: "Delete this message for everybody?",
  deleteIt: "Delete",
  deletedIt: "The message is deleted.",
  deletedYours: "A message of yours was deleted.",
  messageMissing: "That message can’t be found.",
  newestMissing: "The newest messages can’t be shown now: the server does not answer.",

  newMessagesLog: "New messages",
  moreMessages: (count: number) => count === 1 ? "1 more message" : `${count} more messages`,
  authorIn: (author: string, room: string) => `${author} in ${room}`,
  justNow: "just now",

  // Writing.
  oneTypes: "{first} is typing…",
  twoType: "{first} and {second} are typing…",
  manyType: "Several people are typing…",
  message: "Message",
  saySomething: "Say something",
  send: "Send",
  tooLongBy: (bytes: number) => `That is too long by ${number(bytes)} ${bytes === 1 ? "byte" : "bytes"}.`,
  suggestions: "Suggestions",
  suggestionsCount: (count: number) => count === 1 ? "1 suggestion" : `${count} suggestions`,
  bytesLeft: (bytes: number) => bytes === 1 ? "1 byte left" : `${number(bytes)} bytes left`,
  bytesTooMany: (bytes: number) => bytes === 1 ? "1 byte too long" : `${number(bytes)} bytes too long`,
  bytesLeftAtMost: (bytes: number) => bytes === 1 ? "At most 1 byte left" : `At most ${number(bytes)} bytes left`,
  tooLongToSend: "Too long to be sent",
  waitsAtEnd: "Your message waits at the end, which can’t be shown now.",
  guest: "You are {name} — {choose}",
  chooseName: "choose a name",
  slowNotice: (pause: string) => `Slow mode: one message every ${pause}.`,

  // The people.
  people: "People",
  peopleCount: (count: number) => count === 1 ? "1 person" : `${count} people`,
  andMore: (count: number) => `and ${count} more`,
  you: "you",
  rename: "Rename",
  yourName: "Your name",
  save: "Save",
  cancel: "Cancel",
  askingServer: "Asking the server…",

  administrator: "administrator",

  // Keeping order.
  keepOrder: "Keep order in this room",
  roomActions: (room: string) => `What to do in #${room}`,
  personActions: (name: string) => `What to do about ${name}`,
  muteSomebody: (name: string) => `Mute ${name}…`,
  muteFor: (name: string) => `Mute ${name} for`,
  unmuteSomebody: (name: string) => `Let ${name} speak`,
  banSomebody: (name: string) => `Ban ${name}…`,
  banFor: (name: string) => `Ban ${name} for`,
  banAddress: "and everybody from that address",
  forEver: "ever",
  lockRoom: "Lock this room",
  unlockRoom: "Unlock this room",
  slowRoom: "Slow mode…",
  slowTitle: "Between two messages of one person",
  slowOff: "no pause",
  guestLink: "Link for guests…",
  guestLinkFor: (room: string) => `It lets guests into #${room} for`,
  guestLinkAddress: "The link for guests",
  wasMuted: (name: string) => `${name} is muted.`,
  wasMutedUntil: (name: string, end: string) => `${name} is muted until ${end}.`,
  maySpeak: (name: string) => `${name} may speak again.`,
  wasBanned: (name: string) => `${name} is banned.`,
  wasBannedUntil: (name: string, end: string) => `${name} is banned until ${end}.`,
  wasLocked: (room: string) => `#${room} is locked.`,
  wasUnlocked: (room: string) => `#${room} is open again.`,
  wasSlowed: (room: string, pause: string) => `One message every ${pause} in #${room}.`,
  wasSlowedNot: (room: string) => `No slow mode in #${room}.`,
  linkMade: (room: string) => `A link that lets guests into #${room}. It is shown only now.`,
  linkMadeUntil: (room: string, end: string) =>
    `A link that lets guests into #${room} until ${end}. It is shown only now.`,
  linkIsOver: (room: string) => `The link to #${room} lets nobody in any more.`,
  endLink: "End the link",
  copy: "Copy",
  copied: "Copied",
  undo: "Undo",
  undone: "That is taken back.",
  notNow: "The server can’t be asked now.",

  // The settings.
  settings: "Settings and keys",
  close: "Close",
  notify: "Notify me when I am mentioned",
  notificationsBlocked: "This browser blocks notifications of this page. You can allow them in its settings.",
  notificationsUnavailable: "This browser has notifications only for pages with https, or on this machine.",
  singleKeys: "The keys / and ? do something by themselves",
  keys: "Keys",
  keySend: "send",
  keyLine: "new line",
  keyMention: "mention somebody",
  keyEmoji: "an emoji by its name, like :tada:",
  keyEscape: "close what is open; from the text to the messages",
  keyUp: "from a message to the one before",
  keyDown: "from a message to the next",
  keyDelete: "delete the message, if you may",
  keyPreviousRoom: "the room above",
  keyNextRoom: "the room below",
  keySearch: "search",
  keyHelp: "these keys",
  notRemembered: "This browser keeps nothing, so it can’t remember another language.",

  // What was found.
  found: "Search results",
  closeFound: "Close the search results",
  syntax:
    "Looks for all of the words. {prefix} finds what begins so, {phrase} these words in this order, {author} what somebody said.",
  samplePrefix: "sold*",
  samplePhrase: '"a phrase"',
  sampleAuthor: "from:name",
  searching: "Searching…",
  searchFailed: "The search could not be made now.",
  nothingFound: "Nothing found",
  foundAll: (count: number) => count === 1 ? "1 result" : `${count} results`,
  foundSome: (count: number) => `${count} results, and there are more`,
  more: "More",

  // Why a name can't be had.
  nameControl: "A name is a single line, without control characters.",
  nameInvisible: "A name can’t have characters that nobody can see.",
  nameMarks: "A name can’t have that many marks on one letter.",
  nameLetter: "A name needs a letter or a number.",
  nameLong: (max: number) => `A name has at most ${max} characters.`,
  nameGuest: "Names like “Guest 123” are for those who have not chosen one.",
  nameMixed: "A word of a name can’t mix Latin letters with those of another alphabet.",
  nameTaken: (name: string) => `“${name}” is somebody else.`,
  nameTooClose: (name: string) => `That is too close to “${name}”, who is somebody else.`,

  // Why the server will not do something.
  tooLong: (bytes: number, max: number) => `This has ${bytes} bytes; the server takes ${max}`,
  tooBig: "This is too long for the server",
  badText: "The server takes no text like this: there is nothing in it, or too much.",
  badRoom: "A room can’t have this name.",
  tooManyRooms: (max: number) => `Nobody can be in more than ${max} rooms.`,
  notJoined: "You are not in this room.",
  notAllowed: "You may not do this.",
  notFound: "It is not there any more.",
  roomLocked: "This room is locked: only administrators can say anything.",
  youMuted: "You can’t say anything here: an administrator has muted you.",
  youMutedUntil: (end: string) => `You can’t say anything here until ${end}: an administrator has muted you.`,
  roomSlow: "One message at a time: this room is slowed down. It goes out by itself.",
  keyNeeded: "This server takes a key.",
  keyWrong: "This key is wrong, or good for nothing any more.",
  tooManyTries: "Too many wrong keys came from your address. Wait a minute.",
  linkEnded: "The link that let you in has ended.",
  youBanned: "You are banned here.",
  youBannedUntil: (end: string) => `You are banned here until ${end}.`,
  storage: "The server can’t read or keep messages at the moment. Try again later.",
  busy: "The server has too much to do at the moment. Try again later.",
  tooFast: "That was a lot at once. Try again in a moment; messages go out by themselves.",
  malformed: "The server did not understand this page. Please load it anew.",
  refused: "The server refused it.",
};

/** What is said in each language: a sentence, or one that is made of what it tells. */
export type Words = {
  readonly [Key in keyof typeof en]: (typeof en)[Key] extends (...told: infer Told) => string
    ? (...told: Told) => string
    : string;
};

const zh: Words = {
  connecting: "正在连接…",
  connected: "已连接",
  stalled: "服务器暂时无法保存消息。你的消息会留在这里，稍后自动发送。",
  lost: "未连接，即将重试。",
  lostOffline: "设备已离线，即将重试。",
  lostGoingAway: "服务器已离线，即将重试。",
  lostTooBig: "消息太长，服务器无法接收。即将重新连接。",
  lostSlow: "网络太慢，跟不上新消息。即将重新连接。",
  lostTooFast: "短时间内发送得太多，服务器断开了连接。即将重新连接。",
  lostOverloaded: "服务器繁忙，即将重试。",
  lostNoHello: "服务器没有及时收到本页的请求，即将重试。",
  lostStorage: "服务器暂时无法读取或保存消息，即将重试。",
  retryIn: (seconds) => `（${seconds} 秒）`,
  retryNow: "立即重试",
  endedNotText: "服务器只接收文本，已断开连接。",
  ended: (reason) => `服务器已断开连接：${reason}。`,
  endedMalformed: "服务器无法识别本页发送的内容，已断开连接。请重新加载页面。",
  endedDenied: "服务器没有让本页进入。",
  banIsOver: "封禁已结束。",
  unsupported: "你的浏览器不支持 WebSocket，无法使用 Hubbub。请换用较新的浏览器。",
  roomsUnread: (count) => `房间，${count} 条未读`,
  searchMessages: "搜索消息",
  search: "搜索",

  key: "口令",
  comeIn: "进入",
  goOnWithout: "不用口令继续",
  asAdministrator: "你以管理员身份进入。",
  asMember: "你凭口令进入。",
  asGuest: "你是访客，链接只允许你进入这个房间。",
  forgetPass: "不再在此浏览器中记住",

  rooms: "房间",
  unread: "{count} 条未读",
  mentionsOfMe: "{count} 条提到你",
  mute: "静音此房间",
  muted: "已静音",
  leaveRoom: (room) => `离开 ${room}`,
  joinOrMake: "加入或新建房间",
  join: "加入",
  roomMissing: "请先输入房间名。",
  roomCharacters: "房间名只能用小写字母 a–z、数字、- 和 _。",
  roomBeginning: "房间名要以字母或数字开头。",
  roomLong: "房间名最多 64 个字符。",
  roomOfAddress: "网址中的房间名无效，已转到默认房间。",

  conversation: "对话",
  messages: "消息",
  nothingSaid: "这里还没有消息。打个招呼，或者把本页网址发给朋友吧。",
  older: "更早的消息",
  newest: "最新消息 ↓",
  newMessages: (count) => `${count} 条新消息 ↓`,
  youMissed: (count) => `你错过了 ${count} 条消息`,
  new: "新消息",
  reloaded: "连接中断后已重新加载",
  me: "你",
  sending: "发送中…",
  waiting: "等待连接…",
  notSent: "未发送",
  unsent: "尚未发送",
  tryAgain: "重试",
  discard: "删除",
  waitsItsTurn: "等待发送…",
  messageActions: "对这条消息的操作",
  deleteMessage: "删除…",
  deleteAsk: "要为所有人删除这条消息吗？",
  deleteIt: "删除",
  deletedIt: "消息已删除。",
  deletedYours: "你的一条消息已被删除。",
  messageMissing: "找不到这条消息。",
  newestMissing: "服务器没有响应，暂时无法显示最新消息。",
  newMessagesLog: "新消息",
  moreMessages: (count) => `还有 ${count} 条消息`,
  authorIn: (author, room) => `${author} 在房间 ${room}`,
  justNow: "刚刚",

  oneTypes: "{first} 正在输入…",
  twoType: "{first} 和 {second} 正在输入…",
  manyType: "好几个人正在输入…",
  message: "消息",
  saySomething: "说点什么",
  send: "发送",
  tooLongBy: (bytes) => `消息太长，超出 ${number(bytes)} 字节。`,
  suggestions: "建议",
  suggestionsCount: (count) => `${count} 条建议`,
  bytesLeft: (bytes) => `还可输入 ${number(bytes)} 字节`,
  bytesTooMany: (bytes) => `超出 ${number(bytes)} 字节`,
  bytesLeftAtMost: (bytes) => `最多还可输入 ${number(bytes)} 字节`,
  tooLongToSend: "内容过长，无法发送",
  waitsAtEnd: "你的消息排在最后，暂时无法显示。",
  guest: "你现在是 {name}，{choose}",
  chooseName: "起个名字",
  slowNotice: (pause) => `慢速模式：每${pause}可发一条消息。`,

  people: "成员",
  peopleCount: (count) => `${count} 人在线`,
  andMore: (count) => `还有 ${count} 人`,
  you: "你",
  rename: "改名",
  yourName: "你的名字",
  save: "保存",
  cancel: "取消",
  askingServer: "正在提交…",

  administrator: "管理员",

  keepOrder: "管理此房间",
  roomActions: (room) => `对房间 ${room} 的操作`,
  personActions: (name) => `对 ${name} 的操作`,
  muteSomebody: (name) => `将 ${name} 禁言…`,
  muteFor: (name) => `将 ${name} 禁言多久`,
  unmuteSomebody: (name) => `允许 ${name} 发言`,
  banSomebody: (name) => `封禁 ${name}…`,
  banFor: (name) => `封禁 ${name} 多久`,
  banAddress: "连同该网络地址的所有人",
  forEver: "永久",
  lockRoom: "锁定此房间",
  unlockRoom: "解锁此房间",
  slowRoom: "慢速模式…",
  slowTitle: "同一个人两条消息的间隔",
  slowOff: "不限制",
  guestLink: "访客链接…",
  guestLinkFor: (room) => `访客可进入房间 ${room} 多久`,
  guestLinkAddress: "访客链接",
  wasMuted: (name) => `${name} 已被禁言。`,
  wasMutedUntil: (name, end) => `${name} 已被禁言，直到 ${end}。`,
  maySpeak: (name) => `${name} 可以发言了。`,
  wasBanned: (name) => `${name} 已被封禁。`,
  wasBannedUntil: (name, end) => `${name} 已被封禁，直到 ${end}。`,
  wasLocked: (room) => `房间 ${room} 已锁定。`,
  wasUnlocked: (room) => `房间 ${room} 已解锁。`,
  wasSlowed: (room, pause) => `房间 ${room} 中每${pause}可发一条消息。`,
  wasSlowedNot: (room) => `房间 ${room} 已关闭慢速模式。`,
  linkMade: (room) => `访客可凭此链接进入房间 ${room}。链接只显示这一次。`,
  linkMadeUntil: (room, end) => `访客在 ${end} 之前可凭此链接进入房间 ${room}。链接只显示这一次。`,
  linkIsOver: (room) => `进入房间 ${room} 的链接已失效。`,
  endLink: "使链接失效",
  copy: "复制",
  copied: "已复制",
  undo: "撤销",
  undone: "已撤销。",
  notNow: "暂时无法连接服务器。",

  settings: "设置与快捷键",
  close: "关闭",
  notify: "有人提到我时通知我",
  notificationsBlocked: "浏览器已禁止本页发送通知。你可以在浏览器设置中允许。",
  notificationsUnavailable: "只有通过 https 或在本机打开的页面才能发送通知。",
  singleKeys: "启用单键快捷键 / 和 ?",
  keys: "快捷键",
  keySend: "发送",
  keyLine: "换行",
  keyMention: "提到某人",
  keyEmoji: "按名称输入表情，如 :tada:",
  keyEscape: "关闭当前面板；从输入框回到消息",
  keyUp: "上一条消息",
  keyDown: "下一条消息",
  keyDelete: "删除这条消息（如有权限）",
  keyPreviousRoom: "上一个房间",
  keyNextRoom: "下一个房间",
  keySearch: "搜索",
  keyHelp: "显示快捷键",
  notRemembered: "这个浏览器不保存数据，无法记住所选语言。",

  found: "搜索结果",
  closeFound: "关闭搜索结果",
  syntax: "查找包含所有词的消息。{prefix} 匹配以此开头的词，{phrase} 匹配连续的词句，{author} 只看某人说的话。",
  samplePrefix: "开会*",
  samplePhrase: '"一句话"',
  sampleAuthor: "from:名字",
  searching: "正在搜索…",
  searchFailed: "暂时无法搜索。",
  nothingFound: "没有找到",
  foundAll: (count) => `${count} 条结果`,
  foundSome: (count) => `${count} 条结果，还有更多`,
  more: "更多",

  nameControl: "名字只能是一行，不能有控制字符。",
  nameInvisible: "名字里不能有看不见的字符。",
  nameMarks: "名字里一个字母上的符号太多了。",
  nameLetter: "名字里至少要有一个文字或数字。",
  nameLong: (max) => `名字最多 ${max} 个字符。`,
  nameGuest: "“Guest 123”这样的名字留给还没起名的人。",
  nameMixed: "名字里的同一个词不能混用拉丁字母和其他字母。",
  nameTaken: (name) => `“${name}”已经有人用了。`,
  nameTooClose: (name) => `这和别人的名字“${name}”太像了。`,

  tooLong: (bytes, max) => `消息有 ${bytes} 字节，服务器最多接收 ${max} 字节`,
  tooBig: "消息太长，服务器无法接收",
  badText: "服务器不接收这条消息：内容为空或太长。",
  badRoom: "房间不能叫这个名字。",
  tooManyRooms: (max) => `最多只能加入 ${max} 个房间。`,
  notJoined: "你不在这个房间里。",
  notAllowed: "你没有权限这样做。",
  notFound: "它已经不在了。",
  roomLocked: "此房间已锁定，只有管理员可以发言。",
  youMuted: "你已被管理员禁言。",
  youMutedUntil: (end) => `你已被管理员禁言，直到 ${end}。`,
  roomSlow: "此房间开启了慢速模式，消息稍后会自动发送。",
  keyNeeded: "此服务器需要口令。",
  keyWrong: "口令不正确，或已失效。",
  tooManyTries: "你的网络地址输错口令的次数太多，请等一分钟。",
  linkEnded: "让你进来的链接已失效。",
  youBanned: "你已被禁止访问此服务器。",
  youBannedUntil: (end) => `你已被禁止访问此服务器，直到 ${end}。`,
  storage: "服务器暂时无法读取或保存消息，请稍后再试。",
  busy: "服务器繁忙，请稍后再试。",
  tooFast: "操作太频繁了，请稍后再试；消息会自动发出。",
  malformed: "服务器无法识别本页发送的内容，请重新加载页面。",
  refused: "服务器拒绝了这个请求。",
};

/** The words of each language. */
export const WORDS: { readonly [L in Language]: Words } = { en, zh };

/** The words of the language that the page speaks. */
export const words: Words = { ...en };

/** What one page alone has to say. */
const more: { readonly [L in Language]: object }[] = [];

/** Adds what one page alone has to say, which others need not load, to `words`; gives these with their new type. */
export function learn<W extends object>(tables: { readonly [L in Language]: W }): Words & W {
  more.push(tables);
  return Object.assign(words, tables.en);
}

let spokenLocale = "en";

/** What a language is called in `lang`, and the locale of who reads it but does not say where. */
export const LOCALES: { readonly [L in Language]: string } = { en: "en", zh: "zh-CN" };

/**
 * From now on this language is spoken.
 * @param preferred what the reader reads, best first: `navigator.languages`.
 */
export function speak(language: Language, preferred: readonly string[]): void {
  Object.assign(words, WORDS[language], ...more.map((tables) => tables[language]));
  spokenLocale = preferred.find((tag) => languageIn(tag) === language && isLocale(tag)) ?? LOCALES[language];
}

/** How this reader is used to see dates and numbers in the language that is spoken, for Intl. */
export function locale(): string {
  return spokenLocale;
}

/**
 * The language for a reader: the one that they have chosen, else the first that they read of those that there are, else
 * English. Who reads traditional characters is better off with simplified ones than with English.
 * @param preferred what the reader reads, best first: `navigator.languages`.
 */
export function languageOf(preferred: readonly string[], chosen?: string): Language {
  if (chosen !== undefined && isLanguage(chosen)) return chosen;
  return preferred.map(languageIn).find((language) => language !== undefined) ?? "en";
}

function languageIn(tag: string): Language | undefined {
  const language = tag.toLowerCase().split("-")[0]!;
  return isLanguage(language) ? language : undefined;
}

function isLanguage(text: string): text is Language {
  return Object.hasOwn(LANGUAGES, text);
}

/** Browsers on Linux have been seen to prefer things like "en-US@posix", over which Intl throws. */
function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}

function number(value: number): string {
  return value.toLocaleString(spokenLocale);
}
