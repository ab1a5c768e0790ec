#pragma once

/// Moves bytes between pairs of sockets until both sides have ended. Confined to one thread, which
/// it blocks. Owned by `bridge_main`.

#include <functional>
#include <list>
#include <string>
#include <vector>

#include <poll.h>

namespace carrel {

class Relay {
public:
    /// Connects to where a listener leads, without waiting; -1 when there is nobody to connect to.
    using Connect = std::function<int()>;

    /// Takes over a listening socket. Each connection to it is joined with one from `connect`.
    void add(int listener, Connect connect);

    /// Serves what comes for as long as the process lives.
    [[noreturn]] void run();
    /// One round: waits at most so long for something to do. For tests.
    void turn(int milliseconds);

    [[nodiscard]] size_t pairs() const { return pairs_.size(); }

private:
    struct Listener {
        int socket;
        Connect connect;
    };
    /// One direction.
    struct Flow {
        std::string waiting = {};  ///< read and not yet written
        bool ended = false;        ///< the reading side has no more
        bool shut = false;         ///< the writing side was told so
    };
    struct Pair {
        int one;
        int other;
        Flow there = {};  ///< from one to the other
        Flow back = {};
        bool broken = false;
    };

    void accept_from(Listener const& listener);
    static short wishes(Flow const& reading, Flow const& writing);
    void move(int from, int to, Flow& flow, Pair& pair);

    std::vector<Listener> listeners_;
    std::list<Pair> pairs_;
    std::vector<pollfd> watched_;
    std::vector<char> piece_;
};

}  // namespace carrel
