//! The same cases under criterion, with its statistics: `cargo bench -p aster-benches --bench codec`.

use aster_benches::codec::cases::{self, CONTENDERS};
use aster_benches::codec::fory::fory;
use aster_benches::codec::table::table;
use criterion::{Criterion, criterion_group, criterion_main};

fn codec(criterion: &mut Criterion) {
    let (fory, table) = (fory(), table());
    for mut case in cases::all(&fory, &table) {
        let mut group = criterion.benchmark_group(case.name);
        for (name, work) in CONTENDERS.iter().zip(&mut case.contenders) {
            group.bench_function(*name, |bencher| bencher.iter(&mut *work));
        }
        group.finish();
    }
}

criterion_group!(benches, codec);
criterion_main!(benches);
