#include "app/program.hpp"

int main(int count, char** arguments) { return carrel::run_program(count, arguments); }
