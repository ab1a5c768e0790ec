#pragma once

/// An open file or folder, closed by its owner's end; and opening one without following links.

#include "base/result.hpp"

#include <unistd.h>

#include <string>
#include <utility>

namespace carrel {

class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int number) : number_(number) {}
    FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~FileDescriptor() {
        if (number_ >= 0) ::close(number_);
    }

    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] bool open() const { return number_ >= 0; }

private:
    int number_ = -1;
};

/// Opens the folder `name` of the open folder `parent`; a link is refused.
/// One of our own that its owner made unreadable is made readable first.
[[nodiscard]] Result<FileDescriptor> open_folder(int parent, std::string const& name);

/// Opens the regular file `name` of the open folder `parent` for reading, likewise.
[[nodiscard]] Result<FileDescriptor> open_regular_file(int parent, std::string const& name);

/// Writes what is known about an open folder to disk.
[[nodiscard]] Result<> sync_folder(int folder);

}  // namespace carrel
