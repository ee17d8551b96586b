//! What the API's own codes mean: `error.code` of an answer, as `http/error.rs` chooses it.
//!
//! In: nothing. Out: a row for each code with its statuses and three short texts for whoever wrote the client.
//! Source: Microsoft Graph, *Error responses*; `docs/protocol.md`, *Errors*.

use super::Reason;

/// One code of the API.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    /// `error.code`, to the letter.
    pub code: &'static str,
    statuses: &'static [u16],
    meaning: &'static str,
    cause: &'static str,
    remedy: &'static str,
}

impl Refusal {
    pub(super) fn reason(&self) -> Reason {
        let statuses: Vec<String> = self.statuses.iter().map(u16::to_string).collect();
        Reason {
            code: self.code,
            other: None,
            met: format!("an answer of the API with status {}", statuses.join(" or ")),
            meaning: self.meaning,
            cause: self.cause,
            remedy: self.remedy,
        }
    }
}

/// All of them, by status.
pub(super) const ALL: &[Refusal] = &[
    Refusal {
        code: "BadRequest",
        statuses: &[400],
        meaning: "The address, a query option or the body is wrong.",
        cause: "A name is misspelt, a value has another type, a filter does not parse, a segment of the path does not \
                exist, or the service refuses what is asked in this state.",
        remedy: "Read `message`; `innerError.target` names the option, property or segment and `innerError.position` \
                 the place in it. Compare names with `/beta/$metadata`. Sending the same again changes nothing.",
    },
    Refusal {
        code: "No method match route template",
        statuses: &[400, 405],
        meaning: "Nothing is done with this method at this address.",
        cause: "PATCH of an imported or registered device by itself, PUT, or POST to something that is no collection. \
                Some of it is documented and still not routed by the real service.",
        remedy: "Use the action instead: `updateDeviceProperties` for group tag and name, `assignUserToDevice` for the \
                 user. `compat.strictness` = `lenient` lets Tailmark do documented PATCHes that Graph refuses.",
    },
    Refusal {
        code: "InvalidAuthenticationToken",
        statuses: &[401],
        meaning: "There is no token, or it is not believed.",
        cause: "The `Authorization` header is missing, the token has expired, is for another audience or tenant, or was \
                signed by an issuer that the service does not know: by the real one, or by another data folder's.",
        remedy: "Get a new token: `tailmark token --data DIR` with the folder that the service runs on. The message \
                 says what is wrong; `auth.issuer`, `auth.audience` and `auth.tenants` say whom the service believes.",
    },
    Refusal {
        code: "Forbidden",
        statuses: &[403],
        meaning: "The token's permissions do not suffice.",
        cause: "A reading permission is used to write, an application calls what only users may (uploads), the \
                permission was never granted, or the account is a personal one.",
        remedy: "The message lists the permissions that would do. Ask for one of them in the scope, have it granted, \
                 and get a new token: an old one does not learn of it. `tailmark token --help` shows the flags.",
    },
    Refusal {
        code: "UnknownError",
        statuses: &[403],
        meaning: "A refusal that was wrapped once more on its way.",
        cause: "The real service's gateway sometimes answers a missing permission like this; Tailmark does so with \
                `compat.quirks` = `double-wrapped-errors`.",
        remedy: "Read the JSON text in `message`, and the one in its `Message`: the code inside is what counts.",
    },
    Refusal {
        code: "ResourceNotFound",
        statuses: &[404],
        meaning: "There is no such thing for this tenant, or no such version of the API.",
        cause: "The id is mistyped, the thing was deleted, it belongs to another tenant, or the address begins neither \
                with `/v1.0` nor with `/beta`.",
        remedy: "List the collection and take the id from there. A device appears in the list after its import is \
                 `complete`: `deviceRegistrationId` of its import record is its id.",
    },
    Refusal {
        code: "Request_BadRequest",
        statuses: &[405],
        meaning: "The method is none that is used here.",
        cause: "A method beside GET, HEAD, POST, PATCH, PUT and DELETE, or one that this address does not take.",
        remedy: "Use one of those that `Allow` lists.",
    },
    Refusal {
        code: "NotAcceptable",
        statuses: &[406],
        meaning: "None of the forms that the request accepts is there.",
        cause: "The request asks in `Accept` or `$format` for what is neither JSON nor, for `$metadata`, XML.",
        remedy: "Send `Accept: application/json`, or leave the header out.",
    },
    Refusal {
        code: "RequestTimeout",
        statuses: &[408],
        meaning: "The body of the request did not arrive in time.",
        cause: "Nothing of it came for longer than `http.body_timeout`; the connection is closed.",
        remedy: "Send it again, over a better connection or in smaller parts: nothing was stored.",
    },
    Refusal {
        code: "Conflict",
        statuses: &[409],
        meaning: "The thing is in a state in which this cannot be done.",
        cause: "A device is added to an upload that is final, a record is changed after its outcome, or a name is \
                another's already.",
        remedy: "Read the thing again. For further devices make a new upload; a registered device is changed by its \
                 actions.",
    },
    Refusal {
        code: "ConditionNotMet",
        statuses: &[412],
        meaning: "The thing has changed since it was read.",
        cause: "`If-Match` has an ETag that is no longer the newest, or `If-None-Match` one that is.",
        remedy: "Read it again, look whether the change still makes sense, and send it with the new ETag.",
    },
    Refusal {
        code: "RequestEntityTooLarge",
        statuses: &[413],
        meaning: "The body is larger than the service takes.",
        cause: "Too many devices in one request: each has a hash of 4,000 characters.",
        remedy: "Send fewer at once, 500 are usual; `tailmark import` divides by itself. `http.max_body` is the limit.",
    },
    Refusal {
        code: "RequestBodyRead",
        statuses: &[415],
        meaning: "The body is of a type that is not read at this address.",
        cause: "`Content-Type` is not `application/json` (for `$query` not `text/plain`, for `/_tailmark/check` not \
                `text/csv`), or it names a character set other than UTF-8.",
        remedy: "Set the header that the message names.",
    },
    Refusal {
        code: "UnsupportedContentEncoding",
        statuses: &[415],
        meaning: "The body is compressed.",
        cause: "The client or a proxy sends `Content-Encoding: gzip` or the like.",
        remedy: "Send the body as it is.",
    },
    Refusal {
        code: "FailedDependency",
        statuses: &[424],
        meaning: "A request of a batch was not done because of another one.",
        cause: "A request that it depends on failed, one of its group failed, or its `if` does not hold.",
        remedy: "Look for the first request of the batch that failed with another status, and mend that.",
    },
    Refusal {
        code: "TooManyRequests",
        statuses: &[429],
        meaning: "Too much was asked in too short a time.",
        cause: "A synchronisation less than ten minutes after the last one, or more requests than the limits allow.",
        remedy: "Wait for as many seconds as `Retry-After` says and send the same again; where it is missing, wait \
                 longer each time. `tailmark` does that by itself.",
    },
    Refusal {
        code: "RequestHeaderFieldsTooLarge",
        statuses: &[431],
        meaning: "The request has more headers than are accepted.",
        cause: "More than 100 headers were sent over HTTP/2. Over HTTP/1.1 the status comes without this code.",
        remedy: "Send fewer headers; look for a proxy that adds some.",
    },
    Refusal {
        code: "InternalServerError",
        statuses: &[500],
        meaning: "Something went wrong in the service.",
        cause: "A fault of Tailmark, or a database that was changed by hand.",
        remedy: "Look into the log for the `request-id` of the answer, and report it with that.",
    },
    Refusal {
        code: "NotSupported",
        statuses: &[501],
        meaning: "This is legal OData and not done here.",
        cause: "The request uses an option, a function or a part of Graph that Tailmark does not have. The message \
                names it.",
        remedy: "Ask in another way. `docs/protocol.md` lists what is answered; nothing is left out in silence.",
    },
    Refusal {
        code: "ServiceUnavailable",
        statuses: &[503],
        meaning: "The service cannot answer now.",
        cause: "The database is busy, is being restarted or is away; or an issuer's keys have never been had.",
        remedy: "Wait for as many seconds as `Retry-After` says and send the same again. `/readyz` says whether the \
                 database answers.",
    },
    Refusal {
        code: "GatewayTimeout",
        statuses: &[504],
        meaning: "The request was not answered in time.",
        cause: "It took longer than `http.request_timeout`. It may have been done all the same.",
        remedy: "Look whether it was done before you send it again: for imports, ask for their `importId`.",
    },
    Refusal {
        code: "InsufficientStorage",
        statuses: &[507],
        meaning: "There is no space to store this.",
        cause: "The disk of the data folder is full or can only be read.",
        remedy: "Make room and send the same again: nothing was stored. Reading works meanwhile.",
    },
];
