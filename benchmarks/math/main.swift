print("math-bench")
