/** How many messages an answer has at most, and unless it is asked for another number. */
export interface PageLimits {
  readonly max: number;
  readonly usual: number;
}

const ROOM = "^[a-z0-9][a-z0-9_-]{0,63}$";
const NONCE = "^[A-Za-z0-9_-]{1,64}$";

const ref = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });
const schema = (name: string) => ref("schemas", name);
const id = { type: "integer", minimum: 0, description: "Ids only grow, over all rooms together; gaps mean nothing." };
const jsonOf = (name: string) => ({ "application/json": { schema: schema(name) } });
const retryAfter = { "Retry-After": { description: "In so many seconds.", schema: { type: "integer", minimum: 0 } } };

function object(properties: Readonly<Record<string, unknown>>, description?: string) {
  return { type: "object", ...description && { description }, properties, required: Object.keys(properties) };
}

/** What every request about a room may be refused with. */
const REFUSALS = {
  "400": ref("responses", "Bad"),
  "401": ref("responses", "Unauthorized"),
  "403": ref("responses", "Forbidden"),
  "404": ref("responses", "NotFound"),
  "405": ref("responses", "MethodNotAllowed"),
  "429": ref("responses", "TooFast"),
  "500": ref("responses", "Defect"),
  "503": ref("responses", "Unavailable"),
};

/**
 * The API, as OpenAPI 3.1 tells it to programs.
 * @param version of the program.
 * @param textBytesMax how long a text may be, in bytes of UTF-8.
 */
export function openApi(version: string, textBytesMax: number, page: PageLimits) {
  const text = {
    type: "string",
    description: `At most ${textBytesMax} bytes of UTF-8. White space around it and control characters go.`,
  };
  const cursor = (name: string, description: string) => ({ name, in: "query", description, schema: id });
  const after = (description: string) => cursor("after", description);
  return {
    openapi: "3.1.0",
    info: {
      title: "Hubbub",
      version,
      description: "Say something in a room, read it, follow it. Every room that can be named is there.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    paths: {
      "/api": {
        get: {
          operationId: "describe",
          summary: "This document",
          security: [],
          responses: {
            "200": { description: "OpenAPI 3.1", content: { "application/json": { schema: { type: "object" } } } },
            "405": ref("responses", "MethodNotAllowed"),
          },
        },
      },
      "/api/rooms/{room}/messages": {
        parameters: [ref("parameters", "Room")],
        get: {
          operationId: "read",
          summary: "What was said, oldest first",
          description: "The newest messages; or those just before an id, or just after one.",
          parameters: [
            after("Only what has a greater id."),
            cursor("before", "Only what has a smaller id."),
            {
              name: "limit",
              in: "query",
              description: "At most so many. There are fewer if they are long.",
              schema: { type: "integer", minimum: 1, maximum: page.max, default: page.usual },
            },
          ],
          responses: { "200": { description: "Some of what was said.", content: jsonOf("Page") }, ...REFUSALS },
        },
        post: {
          operationId: "say",
          summary: "Say something",
          description: "It is answered when it is kept, and then everyone in the room gets it.",
          parameters: [{
            name: "Idempotency-Key",
            in: "header",
            description:
              "The same key, with the same token, is the same message: it is said once, however often it is sent.",
            schema: { type: "string", pattern: NONCE },
          }],
          requestBody: {
            required: true,
            content: {
              "text/plain": { schema: text },
              "application/x-www-form-urlencoded": {
                schema: text,
                example: "deploy done",
              },
              "application/json": { schema: object({ text }) },
            },
          },
          responses: {
            "200": { description: "It was said before with this key.", content: jsonOf("Message") },
            "201": { description: "It is said.", content: jsonOf("Message") },
            ...REFUSALS,
            "408": ref("responses", "Late"),
            "413": ref("responses", "TooLong"),
            "415": ref("responses", "BadType"),
            "422": ref("responses", "KeyUsed"),
          },
        },
      },
      "/api/rooms/{room}/events": {
        parameters: [ref("parameters", "Room")],
        get: {
          operationId: "follow",
          summary: "What is said, as it is said",
          description:
            "Server-sent events. The data of `said` is a Message, that of `deleted` a Deletion. `reload`, whose data is a Reload, says that " +
            "between what the reader has and what follows something may be missing.",
          parameters: [
            after("Begins after this id, not now."),
            {
              name: "Last-Event-ID",
              in: "header",
              description: "Goes on after this event. It counts more than `after`.",
              schema: { type: "string" },
            },
          ],
          responses: {
            "200": { description: "Without end.", content: { "text/event-stream": { schema: { type: "string" } } } },
            ...REFUSALS,
          },
        },
      },
    },
    webhooks: {
      event: {
        post: {
          operationId: "event",
          summary: "Something was said, or deleted, in a room of the webhook",
          description:
            "Signed as the Standard Webhooks specification says: webhook-signature is `v1,` and the HMAC-SHA256 " +
            "of `webhook-id.webhook-timestamp.body` in base64.",
          security: [],
          parameters: ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => ({
            name,
            in: "header",
            required: true,
            schema: { type: "string" },
          })),
          requestBody: {
            required: true,
            content: {
              "application/json": { schema: { oneOf: [schema("SaidEvent"), schema("DeletedEvent")] } },
            },
          },
          responses: {
            "2XX": { description: "Got it. Anything else, a redirect too, is tried again." },
            "410": { description: "No more, please." },
          },
        },
      },
    },
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer", description: "An administrator makes it." } },
      parameters: {
        Room: { name: "room", in: "path", required: true, schema: { type: "string", pattern: ROOM }, example: "lobby" },
      },
      schemas: {
        Message: object({
          id,
          room: { type: "string", pattern: ROOM },
          user: { type: "string", description: "The public id of who said it." },
          name: { type: "string", description: "What they were called then." },
          text: { type: "string" },
          nonce: { type: "string", pattern: NONCE, description: "What the sender calls it." },
          at: { type: "integer", description: "When the server got it, in ms since 1970. Order is by id." },
        }, "Something that was said and is kept."),
        Page: object({
          room: { type: "string", pattern: ROOM },
          epoch: { type: "string", description: "Ids of another epoch mean nothing." },
          messages: { type: "array", items: schema("Message"), maxItems: page.max },
          more: { type: "boolean", description: "There is more in the direction that was asked for." },
          gap: { type: "boolean", description: "Some of what was asked for has been deleted because of its age." },
        }),
        Deletion: object({
          id: { ...id, description: "Its own place in the order of everything." },
          room: { type: "string", pattern: ROOM },
          message: { ...id, description: "The id of the message that is gone." },
        }, "Something that was said is gone."),
        Reload: object({ room: { type: "string", pattern: ROOM }, last: id }),
        SaidEvent: object({
          type: { const: "message.said" },
          timestamp: { type: "string", format: "date-time" },
          data: schema("Message"),
        }),
        DeletedEvent: object({
          type: { const: "message.deleted" },
          timestamp: { type: "string", format: "date-time" },
          data: schema("Deletion"),
        }),
        Error: object({
          error: object({
            code: { type: "string", description: "For programs." },
            message: { type: "string", description: "For people, in English." },
          }),
        }),
      },
      responses: {
        Bad: { description: "The request is not as it should be.", content: jsonOf("Error") },
        Unauthorized: {
          description: "Without a good token.",
          headers: { "WWW-Authenticate": { schema: { type: "string" } } },
          content: jsonOf("Error"),
        },
        Forbidden: {
          description: "The token is for another room, or may not speak there at the moment.",
          content: jsonOf("Error"),
        },
        NotFound: { description: "There is nothing here, or this can't be a room's name.", content: jsonOf("Error") },
        MethodNotAllowed: {
          description: "The method is wrong.",
          headers: { Allow: { schema: { type: "string" } } },
          content: jsonOf("Error"),
        },
        Late: { description: "The body took too long to come.", content: jsonOf("Error") },
        TooLong: { description: "The text is too long.", content: jsonOf("Error") },
        BadType: {
          description: "The body is of another type.",
          headers: { Accept: { schema: { type: "string" } } },
          content: jsonOf("Error"),
        },
        KeyUsed: { description: "The Idempotency-Key was used for another message.", content: jsonOf("Error") },
        TooFast: {
          description: "The token is used too often, or from where too many wrong ones came.",
          headers: retryAfter,
          content: jsonOf("Error"),
        },
        Defect: { description: "The server has a defect.", content: jsonOf("Error") },
        Unavailable: {
          description: "It can't be kept or read at the moment, or the server has too much to do.",
          headers: retryAfter,
          content: jsonOf("Error"),
        },
      },
    },
  };
}
