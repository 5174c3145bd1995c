//! Where a connection is cut.

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With a reset: the client's next step fails at once.
    Reset,
    /// In an orderly way: the client reads the end of the stream.
    Close,
    /// Not at all: from here on nothing comes, and nothing is taken.
    Silence,
}

/// A cut that waits for a request, on whichever connection it comes.
///
/// A request is what a client sends until the server answers, be it one message or several; the first one
/// of a connection may be the server's own greeting being answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    trigger: Trigger,
    place: Place,
    end: End,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Trigger {
    /// So many requests from now.
    Request(u32),
    Text(Vec<u8>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Request,
    Reply(u64),
}

impl Cut {
    /// At the `n`-th request from now; 1 is the next one.
    pub fn at_request(n: u32) -> Self {
        Cut::new(Trigger::Request(n.max(1)))
    }

    /// At the next request with this text in it, as it is on the wire.
    pub fn at_text(text: impl Into<Vec<u8>>) -> Self {
        Cut::new(Trigger::Text(text.into()))
    }

    fn new(trigger: Trigger) -> Self {
        Cut { trigger, place: Place::Reply(0), end: End::Reset }
    }

    /// Before the request is given on: the server never sees it. Otherwise the server gets the request,
    /// and the client does not get the reply.
    #[must_use]
    pub fn before_the_server(mut self) -> Self {
        self.place = Place::Request;
        self
    }

    /// Lets so many bytes of the reply through, and none of the bytes after them.
    #[must_use]
    pub fn after_bytes(mut self, bytes: u64) -> Self {
        self.place = Place::Reply(bytes);
        self
    }

    /// Ends the connection in this way, instead of by a reset.
    #[must_use]
    pub fn with(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    /// Whether this is the moment, when a client sends these bytes.
    pub(super) fn comes_with(&mut self, bytes: &[u8], is_new: bool) -> bool {
        match &mut self.trigger {
            Trigger::Text(text) => bytes.windows(text.len().max(1)).any(|part| part == text),
            Trigger::Request(n) if is_new => {
                *n -= 1;
                *n == 0
            }
            Trigger::Request(_) => false,
        }
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    pub(super) fn end(&self) -> End {
        self.end
    }
}
