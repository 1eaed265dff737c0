//! The names of fields that are asked for, told apart once, when a field is read.

/// A field by its name; most are `Other`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Name {
    #[default]
    Other,
    Bcc,
    Cc,
    ContentDisposition,
    ContentId,
    ContentLocation,
    ContentTransferEncoding,
    ContentType,
    Date,
    From,
    InReplyTo,
    MessageId,
    Received,
    References,
    ReplyTo,
    Sender,
    Subject,
    To,
}

/// The bit that tells the cases of a letter apart, where the name has a letter.
pub(super) const fn case<const N: usize>(name: &[u8; N]) -> [u8; N] {
    let mut mask = [0; N];
    let mut at = 0;
    while at < N {
        if name[at].is_ascii_alphabetic() {
            mask[at] = 0x20;
        }
        at += 1;
    }
    mask
}

/// Is `$name`, which has its length, `$known` in any case? Word by word: a compare of ignored case goes by octets.
macro_rules! is {
    ($name:expr, $known:literal) => {{
        const KNOWN: [u8; $known.len()] = *$known;
        const CASE: [u8; $known.len()] = $crate::mime::name::case($known);
        $name.first_chunk::<{ $known.len() }>().is_some_and(|name| {
            let mut name = *name;
            for (octet, case) in name.iter_mut().zip(CASE) {
                *octet |= case;
            }
            name == KNOWN
        })
    }};
}

pub(super) use is;

impl Name {
    /// A field of this name has a say in what follows the header.
    pub(super) const fn shapes(self) -> bool {
        matches!(self, Self::ContentType | Self::ContentTransferEncoding | Self::ContentDisposition | Self::ContentId)
    }

    /// Whose name it is, in any case.
    pub(super) fn of(name: &[u8]) -> Self {
        match name.len() {
            2 if is!(name, b"to") => Self::To,
            2 if is!(name, b"cc") => Self::Cc,
            3 if is!(name, b"bcc") => Self::Bcc,
            4 if is!(name, b"from") => Self::From,
            4 if is!(name, b"date") => Self::Date,
            6 if is!(name, b"sender") => Self::Sender,
            7 if is!(name, b"subject") => Self::Subject,
            8 if is!(name, b"received") => Self::Received,
            8 if is!(name, b"reply-to") => Self::ReplyTo,
            10 if is!(name, b"message-id") => Self::MessageId,
            10 if is!(name, b"content-id") => Self::ContentId,
            10 if is!(name, b"references") => Self::References,
            11 if is!(name, b"in-reply-to") => Self::InReplyTo,
            12 if is!(name, b"content-type") => Self::ContentType,
            16 if is!(name, b"content-location") => Self::ContentLocation,
            19 if is!(name, b"content-disposition") => Self::ContentDisposition,
            25 if is!(name, b"content-transfer-encoding") => Self::ContentTransferEncoding,
            _ => Self::Other,
        }
    }
}
