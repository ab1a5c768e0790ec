#include "proxy/data_plane/tidier.hpp"

#include <malloc.h>

namespace carrel::proxy {

namespace {

/// Connections that end together end within this; and who is about to come back may do so first.
constexpr Milliseconds calm = Milliseconds(1000);

}  // namespace

void Tidier::wait() {
    waiting_ = true;
    loop_.set_deadline(*this, calm);
}

void Tidier::on_deadline() {
    waiting_ = false;
    if (!is_worth_it()) return;
    most_ = connections_;
    buffers_.forget_spares();
    malloc_trim(0);
}

}  // namespace carrel::proxy
