//! What a member hears from the server, and how it is spelled.
//!
//! Every line begins with a mark that only the server can write, so what a member says can never be taken for what the
//! server says, nor for what somebody else says:
//!
//! | line | value |
//! |---|---|
//! | `<ada> hello` | [`Heard::Said`]: ada said it to the room |
//! | `* ada waves` | [`Heard::Acted`]: `/me` |
//! | `[ada] hello` | [`Heard::Told`]: ada said it to you alone |
//! | `[to ada] hello` | [`Heard::Sent`]: what you said to ada alone arrived |
//! | `-- welcome, you are ada` | [`Heard::Welcome`] |
//! | `-- you are now ada` | [`Heard::Named`] |
//! | `-- ada joined` | [`Heard::Joined`] |
//! | `-- ada left`, `-- ada left: good night` | [`Heard::Left`] |
//! | `-- eve was dropped: …` | [`Heard::Dropped`]: the server let go of eve, and says why |
//! | `-- ada is now lady` | [`Heard::Renamed`] |
//! | `-- here: ada, bob,`, then `-- here: eve` | [`Heard::Here`]: a comma at the end says that more follow |
//! | `-- anything else` | [`Heard::Notice`] |
//! | `-! no-such-name: there is no bob here` | [`Heard::Refused`]: a word for programs, a sentence for people |

use super::framing::Ending;
use super::said::{blank, word};
use super::text;
use super::{Limits, Misuse, Name};
use bytes::BytesMut;
use memchr::memmem;

/// What a member hears. Texts are fit in the sense of [`text::check`] and not blank, names are [`Name`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub enum Heard<B> {
    /// Somebody said something to the room.
    Said {
        /// Who.
        name: Name,
        /// What.
        text: B,
    },
    /// Somebody does something.
    Acted {
        /// Who.
        name: Name,
        /// What, in the third person.
        text: B,
    },
    /// Somebody said something to you alone.
    Told {
        /// Who.
        name: Name,
        /// What.
        text: B,
    },
    /// What you said to somebody alone was delivered.
    Sent {
        /// To whom.
        to: Name,
        /// What.
        text: B,
    },
    /// You are in the room.
    Welcome {
        /// What you are called until you choose.
        name: Name,
    },
    /// You have another name.
    Named {
        /// Which.
        name: Name,
    },
    /// Somebody came.
    Joined {
        /// Who.
        name: Name,
    },
    /// Somebody went.
    Left {
        /// Who.
        name: Name,
        /// The last words.
        reason: Option<B>,
    },
    /// The server let go of somebody. Unlike last words, the reason is the server's own.
    Dropped {
        /// Of whom.
        name: Name,
        /// Why.
        why: B,
    },
    /// Somebody has another name.
    Renamed {
        /// What they were called.
        from: Name,
        /// What they are called.
        to: Name,
    },
    /// Who is here, in part or as a whole.
    Here {
        /// Names with a comma and a space between them; [`names`] takes them apart.
        names: B,
        /// Whether more follow.
        more: bool,
    },
    /// Anything else that the server says.
    Notice {
        /// What.
        text: B,
    },
    /// Something that you said was refused, or the server lets go of you.
    Refused {
        /// A word for programs: letters, digits and `-`.
        code: B,
        /// A sentence for people.
        text: B,
    },
}

impl<B> Heard<B> {
    /// The same with each text replaced by what `keep` makes of it.
    pub fn map<C>(self, mut keep: impl FnMut(B) -> C) -> Heard<C> {
        match self {
            Self::Said { name, text } => Heard::Said { name, text: keep(text) },
            Self::Acted { name, text } => Heard::Acted { name, text: keep(text) },
            Self::Told { name, text } => Heard::Told { name, text: keep(text) },
            Self::Sent { to, text } => Heard::Sent { to, text: keep(text) },
            Self::Welcome { name } => Heard::Welcome { name },
            Self::Named { name } => Heard::Named { name },
            Self::Joined { name } => Heard::Joined { name },
            Self::Left { name, reason } => Heard::Left { name, reason: reason.map(keep) },
            Self::Dropped { name, why } => Heard::Dropped { name, why: keep(why) },
            Self::Renamed { from, to } => Heard::Renamed { from, to },
            Self::Here { names, more } => Heard::Here { names: keep(names), more },
            Self::Notice { text } => Heard::Notice { text: keep(text) },
            Self::Refused { code, text } => Heard::Refused { code: keep(code), text: keep(text) },
        }
    }
}

impl<'i> Heard<&'i [u8]> {
    /// What `line`, without its end, tells; `None` where no server says such a thing. The line has to be fit
    /// ([`text::check`]); this looks at its form alone.
    pub fn parse(line: &'i [u8]) -> Option<Self> {
        match line {
            [b'<', rest @ ..] => {
                let (name, text) = attributed(rest, b'>')?;
                Some(Heard::Said { name, text })
            }
            [b'*', b' ', rest @ ..] => {
                let (name, text) = word(rest);
                Some(Heard::Acted { name: Name::new(name).ok()?, text: some(text?)? })
            }
            [b'[', b't', b'o', b' ', rest @ ..] => {
                let (to, text) = attributed(rest, b']')?;
                Some(Heard::Sent { to, text })
            }
            [b'[', rest @ ..] => {
                let (name, text) = attributed(rest, b']')?;
                Some(Heard::Told { name, text })
            }
            [b'-', b'!', b' ', rest @ ..] => {
                let colon = memmem::find(rest, b": ")?;
                let (code, text) = (&rest[..colon], &rest[colon + 2..]);
                is_code(code).then_some(Heard::Refused { code, text: some(text)? })
            }
            [b'-', b'-', b' ', rest @ ..] => Some(announced(rest).unwrap_or(Heard::Notice { text: some(rest)? })),
            _ => None,
        }
    }
}

/// What stands behind `-- `, where it is more than a notice.
fn announced(rest: &[u8]) -> Option<Heard<&[u8]>> {
    if let Some(name) = rest.strip_prefix(b"welcome, you are ") {
        return Some(Heard::Welcome { name: Name::new(name).ok()? });
    }
    if let Some(name) = rest.strip_prefix(b"you are now ") {
        return Some(Heard::Named { name: Name::new(name).ok()? });
    }
    if let Some(list) = rest.strip_prefix(b"here: ") {
        let (list, more) = list.strip_suffix(b",").map_or((list, false), |list| (list, true));
        return names(list).all(|name| name.is_some()).then_some(Heard::Here { names: list, more });
    }
    let (name, rest) = word(rest);
    let name = Name::new(name).ok()?;
    match rest? {
        b"joined" => Some(Heard::Joined { name }),
        b"left" => Some(Heard::Left { name, reason: None }),
        rest => {
            if let Some(reason) = rest.strip_prefix(b"left: ") {
                return Some(Heard::Left { name, reason: Some(some(reason)?) });
            }
            if let Some(why) = rest.strip_prefix(b"was dropped: ") {
                return Some(Heard::Dropped { name, why: some(why)? });
            }
            let to = Name::new(rest.strip_prefix(b"is now ")?).ok()?;
            Some(Heard::Renamed { from: name, to })
        }
    }
}

/// `NAME> TEXT`, or with `]`.
fn attributed(rest: &[u8], close: u8) -> Option<(Name, &[u8])> {
    // A name is short: the closing mark is looked for no further.
    let end = rest.iter().take(Name::MAX + 1).position(|&octet| octet == close)?;
    let text = rest[end + 1..].strip_prefix(b" ")?;
    Some((Name::new(&rest[..end]).ok()?, some(text)?))
}

/// A text that is not blank.
fn some(text: &[u8]) -> Option<&[u8]> {
    (!blank(text)).then_some(text)
}

fn is_code(code: &[u8]) -> bool {
    !code.is_empty() && code.iter().all(|&octet| octet.is_ascii_alphanumeric() || octet == b'-')
}

/// Takes the names of [`Heard::Here`] apart; `None` stands for what is no name.
pub fn names(list: &[u8]) -> impl Iterator<Item = Option<Name>> + '_ {
    let mut rest = Some(list);
    core::iter::from_fn(move || {
        let list = rest?;
        let (name, behind) = match memmem::find(list, b", ") {
            Some(comma) => (&list[..comma], Some(&list[comma + 2..])),
            None => (list, None),
        };
        rest = behind;
        Some(Name::new(name).ok())
    })
}

impl<B: AsRef<[u8]>> Heard<B> {
    /// Writes the line that tells this.
    ///
    /// # Errors
    ///
    /// [`Misuse`] where a text is blank, unfit, or makes the line longer than [`Limits::relayed`], where a code or a
    /// list of names is none, and where a notice would read as something else. Nothing is written then.
    pub fn write(&self, limits: &Limits, ending: Ending, out: &mut BytesMut) -> Result<(), Misuse> {
        let (pieces, texts) = self.pieces();
        for text in texts.into_iter().flatten() {
            text::check(text).map_err(|(unfit, at)| Misuse::Unfit(unfit, at))?;
            if blank(text) {
                return Err(Misuse::Blank);
            }
        }
        let fits = match self {
            Self::Refused { code, .. } => is_code(code.as_ref()),
            Self::Here { names: list, .. } => names(list.as_ref()).all(|name| name.is_some()),
            Self::Notice { text } => announced(text.as_ref()).is_none(),
            _ => true,
        };
        if !fits {
            return Err(Misuse::Form);
        }
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        if length > limits.relayed() {
            return Err(Misuse::TooLong(limits.relayed()));
        }
        out.reserve(length + 2);
        for piece in pieces {
            out.extend_from_slice(piece);
        }
        out.extend_from_slice(ending.octets());
        Ok(())
    }

    /// The line in pieces, and those of them that are texts.
    fn pieces(&self) -> ([&[u8]; 4], [Option<&[u8]>; 2]) {
        match self {
            Self::Said { name, text } => framed(b"<", name, b"> ", text.as_ref()),
            Self::Acted { name, text } => framed(b"* ", name, b" ", text.as_ref()),
            Self::Told { name, text } => framed(b"[", name, b"] ", text.as_ref()),
            Self::Sent { to, text } => framed(b"[to ", to, b"] ", text.as_ref()),
            Self::Welcome { name } => ([b"-- ", b"welcome, you are ", name.as_bytes(), b""], [None; 2]),
            Self::Named { name } => ([b"-- ", b"you are now ", name.as_bytes(), b""], [None; 2]),
            Self::Joined { name } => ([b"-- ", name.as_bytes(), b" joined", b""], [None; 2]),
            Self::Left { name, reason: None } => ([b"-- ", name.as_bytes(), b" left", b""], [None; 2]),
            Self::Left { name, reason: Some(reason) } => framed(b"-- ", name, b" left: ", reason.as_ref()),
            Self::Dropped { name, why } => framed(b"-- ", name, b" was dropped: ", why.as_ref()),
            Self::Renamed { from, to } => ([b"-- ", from.as_bytes(), b" is now ", to.as_bytes()], [None; 2]),
            Self::Here { names, more } => {
                ([b"-- ", b"here: ", names.as_ref(), if *more { b"," } else { b"" }], [Some(names.as_ref()), None])
            }
            Self::Notice { text } => ([b"-- ", text.as_ref(), b"", b""], [Some(text.as_ref()), None]),
            Self::Refused { code, text } => {
                ([b"-! ", code.as_ref(), b": ", text.as_ref()], [Some(code.as_ref()), Some(text.as_ref())])
            }
        }
    }
}

fn framed<'a>(
    open: &'a [u8],
    name: &'a Name,
    close: &'a [u8],
    text: &'a [u8],
) -> ([&'a [u8]; 4], [Option<&'a [u8]>; 2]) {
    ([open, name.as_bytes(), close, text], [Some(text), None])
}
