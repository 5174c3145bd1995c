//! Models and types that only a function knows.

use eloquent::prelude::*;

fn main() {
    #[derive(ColumnValue, Debug, Clone, Copy, PartialEq)]
    enum Size {
        Small,
        Large,
    }

    #[derive(Model, Debug, Clone)]
    struct Shirt {
        id: i64,
        size: Size,
    }

    #[derive(View, Debug)]
    #[view(of = Shirt)]
    struct ShirtSize {
        size: Size,
    }

    let _ = new!(Shirt { size: Size::Small });
    let _ = Shirt::query().filter(|s| s.size.eq(Size::Large).or(s.size.is_in([Size::Small])));
    let _ = Shirt::query().view::<ShirtSize>();
}
