#pragma once

/// One client of a side server. Owned by its server through the loop; confined to its thread.

#include "proxy/api/side_server.hpp"
#include "proxy/data_plane/body.hpp"

#include <string>

namespace carrel::proxy {

class SideConnection final : public EventHandler {
public:
    SideConnection(SideServer& server, Socket socket);

    void on_ready(uint32_t events) override;
    void on_deadline() override { close(); }
    void start();
    /// At once; the object lives until the round of events ends.
    void close();

private:
    friend class SideServer;
    enum class Step { Progress, Blocked, Gone };

    void advance();
    Step step();
    Step read();
    Step write();
    Step pump();
    Step say_goodbye();
    /// Takes what is complete from what has been read; false when there is nothing.
    bool take();
    bool take_head();
    bool take_body();
    void refuse(HeadProblem const& problem);
    void respond();
    void answer(SideAnswer answer);
    void write_head(SideAnswer const& answer);

    SideServer& server_;
    Socket socket_;
    Buffer in_;
    HeadScanner scanner_;
    std::string head_text_;  ///< what request_ refers to
    SideRequest request_;
    Body body_;
    size_t largest_body_ = 0;
    std::unique_ptr<Job> job_;
    std::unique_ptr<Feed> feed_;
    std::string out_;
    uint32_t sent_ = 0;  ///< of out_
    uint32_t index_ = 0;
    unsigned minor_version_ = 1;
    bool established_ = false;
    bool in_body_ = false;
    bool is_head_ = false;
    bool keep_alive_ = true;
    bool chunked_ = false;  ///< how the feed's pieces are framed
    bool ending_ = false;   ///< no further request is read
    bool told_ = false;     ///< that nothing more will come
    bool closed_ = false;
    bool advancing_ = false;
};

}  // namespace carrel::proxy
