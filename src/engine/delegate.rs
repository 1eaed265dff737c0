//! The traits of the contract, for machines that have their methods as inherent ones.

/// Implements the contract for a machine by its inherent methods of the same names, so that its users import no trait
/// and no machine spells the contract out again:
///
/// ```text
/// delegate!(impl Engine + Detach for Client: Event, Error); // tells `Event<&[u8]>`, fails with `Error`
/// delegate!(impl Decode for Stream: Event<'i> = Event<&'i [u8]>, Infallible);
/// ```
///
/// The traits are named by the caller, whose documentation links to them. An inherent method that is missing does not
/// compile: the trait's would call itself, which is denied.
macro_rules! delegate {
    (impl $engine:ident + $detach:ident for $machine:ident: $event:ident, $error:ident) => {
        impl $engine for $machine {
            type Event<'i> = $event<&'i [u8]>;
            type Error = $error;

            #[inline]
            fn recv<'i>(
                &mut self,
                input: &mut &'i [u8],
                out: &mut ::bytes::BytesMut,
            ) -> Result<Option<$event<&'i [u8]>>, $error> {
                Self::recv(self, input, out)
            }
            fn eof(&mut self) {
                Self::eof(self);
            }
            fn expire(&mut self) {
                Self::expire(self);
            }
            fn status(&self) -> $crate::engine::Status {
                Self::status(self)
            }
            fn patience(&self) -> $crate::engine::Patience {
                Self::patience(self)
            }
            fn window(&self) -> usize {
                Self::window(self)
            }
            fn octets<'e>(event: &'e $event<&[u8]>) -> Option<&'e [u8]> {
                Self::octets(event)
            }
        }

        impl $detach for $machine {
            type Detached<B>
                = $event<B>
            where
                B: ::core::fmt::Debug;

            fn detach<'i, B: ::core::fmt::Debug>(
                event: $event<&'i [u8]>,
                keep: impl FnMut(&'i [u8]) -> B,
            ) -> $event<B> {
                event.map(keep)
            }
            fn map<A: ::core::fmt::Debug, B: ::core::fmt::Debug>(
                event: $event<A>,
                keep: impl FnMut(A) -> B,
            ) -> $event<B> {
                event.map(keep)
            }
        }
    };
    (impl $decode:ident for $machine:ident: Event<$i:lifetime> = $event:ty, $error:ident) => {
        impl $decode for $machine {
            type Event<$i> = $event;
            type Error = $error;

            #[inline]
            fn recv<$i>(&mut self, input: &mut &$i [u8]) -> Result<Option<$event>, $error> {
                Self::recv(self, input)
            }
            fn eof(&mut self) {
                Self::eof(self);
            }
            fn over(&self) -> bool {
                Self::over(self)
            }
            fn window(&self) -> usize {
                Self::window(self)
            }
            fn octets<'e>(event: &'e Self::Event<'_>) -> Option<&'e [u8]> {
                Self::octets(event)
            }
        }
    };
}

pub(crate) use delegate;

/// Gives an engine the inherent methods `eof` and `expire`, which note for its next `recv` that either happened. What is particular about
/// one is documented by the caller:
///
/// ```text
/// notes! {
///     impl Client;
///     eof => self.ended;
///     /// Then it gives up.
///     expire => self.expired;
/// }
/// ```
#[cfg(any(feature = "chat", feature = "http1", feature = "pop3", feature = "smtp"))]
macro_rules! notes {
    (
        impl $engine:ident;
        $(#[$eof:meta])* eof => self.$($ended:ident).+;
        $(#[$expire:meta])* expire => self.$($expired:ident).+;
    ) => {
        impl $engine {
            /// There will be no more than what is in `input`; then call [`recv`](Self::recv). See [`Engine::eof`].
            ///
            /// What is whole in it is still told.
            $(#[$eof])*
            pub fn eof(&mut self) {
                self.$($ended).+ = true;
            }

            /// The caller's clock ran out on the current phase; then call [`recv`](Self::recv). See [`Engine::expire`].
            ///
            /// Without a clock running nothing happens.
            $(#[$expire])*
            pub fn expire(&mut self) {
                if self.patience().limit.is_some() {
                    self.$($expired).+ = true;
                }
            }
        }
    };
}

#[cfg(any(feature = "chat", feature = "http1", feature = "pop3", feature = "smtp"))]
pub(crate) use notes;
