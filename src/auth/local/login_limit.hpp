#pragma once

/// Slows down the guessing of passwords, by buckets of tries that refill with time.
///
/// One bucket is for a name at an address, one for the name from wherever, one for the address with
/// whatever name; a try takes from all three. Where the name's owner has logged in before, by
/// browser or by address, only that place's own bucket counts: strangers who guess cannot keep the
/// owner out, nor can one person behind a shared address keep the others out.
///
/// A try is taken before the password is looked at, so that guesses sent at once count too. When it
/// was right, all that this place has taken for this name is given back: a class that logs in from
/// one address, mistyping here and there, uses none of it up. Memory is bounded: the bucket unused
/// for longest makes room. Thread-safe.

#include "base/clock.hpp"

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace carrel {

struct LoginLimitPolicy {
    int tries_per_place = 10;  ///< of one name at one address, or with one known browser
    Seconds place_refill{30};  ///< for one try more; each of them at most `login_retry_after`
    int tries_per_name = 30;   ///< from all places that its owner is not known at
    Seconds name_refill{30};
    int tries_per_address = 100;  ///< for all names that are not known there
    Seconds address_refill{5};
    size_t most_buckets = 20'000;
};

struct LoginTry {
    std::string_view name;
    std::string_view address;
    bool knows_address = false;     ///< the name's owner has logged in from it
    std::string_view browser = {};  ///< by which they have; empty: an unknown one
};

struct LoginRefusal {
    Seconds wait;        ///< until there is a try again
    bool first = false;  ///< since there was one: worth writing down
};

class LoginLimit {
public:
    LoginLimit(Clock const& clock, LoginLimitPolicy policy);

    /// Takes a try; nothing when there was one.
    [[nodiscard]] std::optional<LoginRefusal> take(LoginTry const& attempt);
    /// The try was right.
    void succeeded(LoginTry const& attempt);
    /// How many buckets there are.
    [[nodiscard]] size_t size() const;

private:
    struct Bucket {
        std::string key;
        double tries;  ///< left at `at`
        Time at;
        int taken = 0;      ///< since the last right one
        bool told = false;  ///< that it is empty
    };
    /// A bucket's name, and how it behaves.
    struct Size {
        std::string key;
        int most;
        Seconds refill;
    };
    /// What an attempt takes from; the place's own is the first.
    [[nodiscard]] std::vector<Size> sizes(LoginTry const& attempt) const;
    Bucket& bucket(Size const& size);

    Clock const& clock_;
    LoginLimitPolicy policy_;
    mutable std::mutex mutex_;
    std::list<Bucket> buckets_;  ///< the last used first
    std::unordered_map<std::string, std::list<Bucket>::iterator> index_;
};

}  // namespace carrel
